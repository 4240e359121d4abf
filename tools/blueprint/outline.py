"""A Blueprint as compact text, for a model or a person to read."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from tools.blueprint.check_tests import listed_tests
from tools.blueprint.conventions import Conventions
from tools.blueprint.coverage import Gap, find_gaps
from tools.blueprint.model import (
    Auth,
    Blueprint,
    CopyRule,
    CustomRule,
    Endpoint,
    Entity,
    QuotaRule,
    Requirement,
    Rule,
    Scenario,
    StateMachine,
    StockRule,
    Traced,
)
from tools.blueprint.parts import part_name
from tools.blueprint.shorthand import format_access, format_field, format_transition
from tools.excerpt import count_of

OutlinePart = Literal[
    "all", "conventions", "entities", "endpoints", "rules", "scenarios", "tests", "requirements"
]

MAX_REQUIREMENT_CHARS = 90
"""Enough to find the sentence in the spec, which whoever reads this has."""


def outline_blueprint(blueprint: Blueprint, part: OutlinePart = "all") -> str:
    """The Blueprint, or a part of it, one line a thing; `(R1 R2)` are the requirements it meets.

    The steps of scenarios are shown when these are asked for.
    """
    if part != "all":
        return "\n".join(_SECTIONS[part](blueprint)) or f"no {part}"
    title = f"{blueprint.name}: {blueprint.title}" + (
        " (form dictated by the spec)" if blueprint.form == "free" else ""
    )
    brief = _SECTIONS | {"scenarios": _scenario_heads}
    sections = ("\n".join(lines(blueprint)) for lines in brief.values())
    return "\n".join([title, *filter(None, sections)])


def outline_gaps(gaps: Iterable[Gap]) -> list[str]:
    """One line a requirement: where the spec says it, what it says, what its proof lacks."""
    return [f"{_requirement_line(gap.requirement)} [{gap.reason}]" for gap in gaps]


def _requirement_line(requirement: Requirement) -> str:
    text = _short(requirement.text, MAX_REQUIREMENT_CHARS)
    return f"{requirement.id} (line {requirement.line}): {text}"


def _conventions(blueprint: Blueprint) -> Iterator[str]:
    yield _conventions_line(blueprint.conventions)
    if blueprint.roles:
        yield "Roles: " + ", ".join(f"{role.name}{_met(role)}" for role in blueprint.roles)
    if blueprint.auth:
        yield f"Auth: {_auth_line(blueprint.auth)}{_met(blueprint.auth)}"
    for assumption in blueprint.assumptions:
        yield f"Assumed: {assumption}"


def _conventions_line(conventions: Conventions) -> str:
    errors, pages, formats = conventions.errors, conventions.pagination, conventions.formats
    return "Conventions: " + "; ".join(
        [
            f"base path {conventions.base_path or '/'}",
            f"errors {errors.style}, invalid {errors.validation_status}",
            f"pages {pages.style} ({pages.size_param} {pages.default_size}..{pages.max_size}, "
            f"{pages.position_param})",
            f"ids {formats.id_type}",
            f"decimals {formats.decimal}",
            f"unknown fields {formats.unknown_fields}",
            f"another's object {conventions.foreign_object}",
            f"login body {conventions.tokens.login_body}",
        ]
    )


def _auth_line(auth: Auth) -> str:
    role = f", registers as {auth.default_role}" if auth.default_role else ""
    ending = " (reuse ends the session)" if auth.reuse_ends_session else ""
    rotation = f"rotating{ending}" if auth.rotation else "not rotating"
    active = f", active: {auth.active_field}" if auth.active_field else ""
    admin = f", first admin is {auth.first_admin_role}" if auth.first_admin_role else ""
    most = f", at most {auth.password_max_length}" if auth.password_max_length else ""
    extras = "".join((role, admin, active))
    return (
        f"{auth.user_entity}.{auth.login_field} + {auth.password_field} "
        f"({auth.password_hash}, at least {auth.password_min_length}{most}), "
        f"access {auth.access_ttl_s} s, refresh {auth.refresh_ttl_s} s {rotation}{extras}"
    )


def _entities(blueprint: Blueprint) -> Iterator[str]:
    for enum in blueprint.enums:
        yield f"enum {enum.name}: {', '.join(enum.values)}{_met(enum)}"
    for entity in blueprint.entities:
        owner = f", owner {entity.owner}" if entity.owner else ""
        soft = ", soft delete" if entity.soft_delete else ""
        tags = f", If-Match {entity.if_match}" if entity.if_match != "ignored" else ""
        yield f"entity {entity.name} (table {entity.table}{owner}{soft}{tags}){_met(entity)}"
        yield from (f"  {format_field(field)}" for field in entity.fields)
        yield from _entity_extras(entity)


def _entity_extras(entity: Entity) -> Iterator[str]:
    if entity.primary_key != ("id",):
        yield f"  primary_key ({', '.join(entity.primary_key)})"
    for group in entity.unique_together:
        yield f"  unique_together ({', '.join(group)})"
    for one in entity.unique_while:
        states = " or ".join(one.values)
        yield f"  unique ({', '.join(one.fields)}) while {one.field} is {states}"
    for group in entity.indexes:
        yield f"  index ({', '.join(group)})"
    for embed in entity.embeds:
        size = f"{embed.min_items}..{embed.max_items}"
        yield f"  embeds {embed.field}: {size} of {embed.entity} via {embed.via}"


def _endpoints(blueprint: Blueprint) -> Iterator[str]:
    for endpoint in blueprint.endpoints:
        yield (
            f"{endpoint.key}  {endpoint.operation} {endpoint.entity or ''}".rstrip()
            + f"  [{format_access(endpoint.access)}] {endpoint.status}"
            + "".join(f"; {extra}" for extra in _endpoint_extras(endpoint))
            + _met(endpoint)
        )


def _endpoint_extras(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.parent:
        yield f"parent {endpoint.parent}"
    if endpoint.to:
        yield f"to {endpoint.to}"
    for name in ("fields", "filters", "search", "sort", "order"):
        if values := getattr(endpoint, name):
            yield f"{name} {', '.join(values)}"
    yield from _list_extras(endpoint)
    if limit := endpoint.rate_limit:
        yield f"at most {limit.requests} requests in {limit.per_s} s by {limit.by}"
    if endpoint.idempotent:
        yield "idempotent"
    if endpoint.cache_s:
        yield f"cached for {endpoint.cache_s} s"
    if endpoint.description:
        yield _short(endpoint.description)


def _list_extras(endpoint: Endpoint) -> Iterator[str]:
    if not endpoint.paged:
        yield "not paged"
    if endpoint.comparisons:
        compared = (f"{one.param} ({one.field} {one.kind})" for one in endpoint.comparisons)
        yield f"compares {', '.join(compared)}"


def _rules(blueprint: Blueprint) -> Iterator[str]:
    for rule in blueprint.rules:
        yield f"{part_name(rule)}: {_rule_words(rule)}{_met(rule)}"


def _rule_words(rule: Rule) -> str:
    match rule:
        case StateMachine():
            moves = "; ".join(map(format_transition, rule.transitions))
            return f"starts {rule.initial}; {moves}"
        case StockRule():
            return f"takes {rule.amount} from {rule.counter} of {rule.via}; too little is 409"
        case CopyRule():
            return f"copied from {rule.source} of {rule.via}"
        case QuotaRule():
            counted = f" where {rule.field} is {' or '.join(rule.values)}" if rule.field else ""
            limit = f"{rule.per}'s {rule.limit_field}" if rule.limit_field else rule.limit
            what = f" of {rule.amount}" if rule.amount else ""
            return f"at most {limit}{what} per {rule.per}{counted}; more is 409"
        case CustomRule():
            return rule.text
        case _:
            return f"sum of {' * '.join(rule.factors)} over {rule.child}"


def _scenario_heads(blueprint: Blueprint) -> Iterator[str]:
    for scenario in blueprint.scenarios:
        yield f"{part_name(scenario)}{_met(scenario)}: {count_of(len(scenario.steps), 'step')}"


def _scenarios(blueprint: Blueprint) -> Iterator[str]:
    for scenario in blueprint.scenarios:
        yield f"{part_name(scenario)}{_met(scenario)}: {' | '.join(_steps(scenario))}"


def _tests(blueprint: Blueprint) -> Iterator[str]:
    for test in blueprint.tests:
        yield f"{part_name(test)}{_met(test)}: {', '.join(listed_tests(test.code))}"


def _steps(scenario: Scenario) -> Iterator[str]:
    for step in scenario.steps:
        at_once = " at once" if step.at_once else ""
        yield f"{step.actor or 'nobody'} {step.method} {step.path}{at_once} -> {step.status}"


def _requirements(blueprint: Blueprint) -> Iterator[str]:
    for rid, reason in blueprint.not_testable.items():
        yield f"Not testable: {rid}, {_short(reason)}"
    if missing := find_gaps(blueprint):
        yield "Requirements without proof yet:"
        yield from (f"  {line}" for line in outline_gaps(missing))
    elif blueprint.requirements:
        yield f"All {len(blueprint.requirements)} requirements have a part that shows them."


def _met(part: Traced) -> str:
    return f" ({' '.join(part.requirements)})" if part.requirements else ""


def _short(text: str, max_chars: int = 240) -> str:
    line = " ".join(text.split())
    return line if len(line) <= max_chars else f"{line[:max_chars]}..."


_SECTIONS: dict[str, Callable[[Blueprint], Iterator[str]]] = {
    "conventions": _conventions,
    "entities": _entities,
    "endpoints": _endpoints,
    "rules": _rules,
    "scenarios": _scenarios,
    "tests": _tests,
    "requirements": _requirements,
}
