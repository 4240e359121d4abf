"""What the generated tests of a resource cover, endpoint by endpoint."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tools.blueprint.model import (
    CopyRule,
    Entity,
    EntityField,
    StateMachine,
    StockRule,
    SumRule,
)
from tools.components.cache_tests import cache_case
from tools.components.columns import literal
from tools.components.grants import Callers, all_roles, callers_of, parent_restriction
from tools.components.hiding import hideable_references
from tools.components.limit_tests import quota_cases, unique_cases
from tools.components.limits import counts_users
from tools.components.names import attribute, quote, variable
from tools.components.operations import Operation, operations_of
from tools.components.payloads import caller_fields, create_fields, takes_password, update_fields
from tools.components.plan import Plan
from tools.components.samples import Sample, ascending, invalid, other, valid
from tools.components.scenes import (
    CONDITIONAL,
    Scene,
    caller_role,
    is_conditional,
    make_scene,
    role_member,
)
from tools.components.services import create_function
from tools.components.visibility_tests import (
    read_cases,
    readable_by,
    unseen,
    writable_by,
    write_cases,
)


@dataclass(frozen=True)
class EndpointTests:
    """One endpoint: how it is called, and what varies by operation in `more`."""

    name: str
    method: str
    status: int
    scene: Scene
    entity: Entity
    model: str
    key: str
    more: dict[str, object] = field(default_factory=dict)


def resource_tests(entity: Entity, plan: Plan) -> dict[str, list[EndpointTests]]:
    """Kind of test file -> its endpoints; kinds without any are left out."""
    found: dict[str, list[EndpointTests]] = {}
    for operation in operations_of(plan)[entity.name]:
        for kind, describe in _KINDS.items():
            more = describe(operation, plan)
            if more is not None:
                found.setdefault(kind, []).append(_tests(operation, plan, more))
    return found


def _tests(operation: Operation, plan: Plan, more: dict[str, object]) -> EndpointTests:
    endpoint = operation.endpoint
    return EndpointTests(
        name=operation.name,
        method=endpoint.method.lower(),
        status=endpoint.status,
        scene=make_scene(operation, plan, role=caller_role(operation)),
        entity=operation.entity,
        model=plan.model(operation.entity),
        key=attribute(plan.key(operation.entity).name),
        more=more,
    )


def _create(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "create":
        return None
    fields = create_fields(operation.entity, operation.endpoint, plan)
    required = [f for f in fields if not f.nullable and f.default is None]
    embeds = [embed.field for embed in operation.entity.embeds if embed.min_items]
    role = caller_role(operation)
    filled = caller_fields(operation.entity, plan)
    return {
        "embeds": operation.entity.embeds,
        "invalid": _invalid(fields),
        "unseen": unseen(fields, operation),
        "from_caller": [f.name for f in filled if readable_by(f, role)],
        "required": [f.name for f in required] + embeds,
        "refused": _refused(operation.entity, {f.name for f in fields}),
        "unique": [f.name for f in fields if f.unique],
        "references": {f.name: _missing_key(f) for f in fields if f.references is not None},
        "hideable": _hideable(operation, fields, plan),
        "freed": [(f.name, attribute(f.name)) for f in fields if f.unique],
    }


def _hideable(
    operation: Operation, fields: tuple[EntityField, ...], plan: Plan
) -> list[tuple[str, str, str]]:
    """(field, entity, attribute of its key) of each reference that a hidden row may not have."""
    return [
        (f.name, plan.referenced(f).name, attribute(f.references.field if f.references else ""))
        for f in hideable_references(operation.entity, plan)
        if f in fields
    ]


def _invalid(fields: tuple[EntityField, ...]) -> list[tuple[str, str, str]]:
    """(what is wrong, field, JSON value)."""
    return [(why, f.name, value) for f in fields for why, value in invalid(f).items()]


def _refused(entity: Entity, allowed: set[str]) -> list[str]:
    """Fields that the server sets, which a body may not name."""
    return [f.name for f in entity.fields if f.name not in allowed]


def _missing_key(item: EntityField) -> str:
    return "str(new_id())" if item.type == "uuid" else "2**31 - 1"


def _get(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "get":
        return None
    return {
        "hidden": _hidden(operation),
        "missing": _missing(operation, plan),
        "beyond": _elsewhere(operation, plan, "{number}") if _is_counted(operation, plan) else None,
        "malformed": _elsewhere(operation, plan, "not-an-id"),
    }


def _is_counted(operation: Operation, plan: Plan) -> bool:
    return plan.key(operation.entity).type in {"integer", "bigint"}


def _hidden(operation: Operation) -> list[str]:
    role = caller_role(operation)
    return [f.name for f in operation.entity.fields if not readable_by(f, role)]


def _missing(operation: Operation, plan: Plan) -> Scene | None:
    """A call for an object that does not exist."""
    kind = plan.key(operation.entity).type
    if kind == "uuid":
        return _elsewhere(operation, plan, "{new_id()}")
    return _elsewhere(operation, plan, "2147483647") if kind in {"integer", "bigint"} else None


def _elsewhere(operation: Operation, plan: Plan, instead: str) -> Scene:
    return make_scene(operation, plan, role=caller_role(operation), instead=instead)


def _list(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "list":
        return None
    entity, endpoint = operation.entity, operation.endpoint
    return {
        "hidden": [f.name for f in entity.fields if not readable_by(f, caller_role(operation))],
        "rows": row_maker(operation, plan, caller_role(operation)),
        "paged": endpoint.paged,
        "parent": operation.endpoint.parent,
        "filters": list(_filters(operation, plan)),
        "comparisons": list(_comparisons(operation, plan)),
        "search": [f.name for f in map(entity.field, endpoint.search) if _holds_needle(f)],
        "order": list(_order(operation, plan)),
        "sort": [
            (name, attribute(name), *pair)
            for name in endpoint.sort
            if not entity.field(name).computed
            and (pair := ascending(entity.field(name), plan)) is not None
        ],
    }


def _order(operation: Operation, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """(attribute, value of the row that comes first, value of the other), for the first term."""
    if operation.endpoint.order:
        name, largest_first = operation.endpoint.ordering[0]
        item = operation.entity.field(name)
        pair = None if item.computed else ascending(item, plan)
        if pair is not None:
            yield attribute(name), *(pair[::-1] if largest_first else pair)


def _holds_needle(item: EntityField) -> bool:
    return item.computed is None and item.pattern is None and (item.max_length or 6) >= 6


def _comparisons(operation: Operation, plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """(parameter, its value, arguments of a row that is shown, of one that is hidden)."""
    for one in operation.endpoint.comparisons:
        field = operation.entity.field(one.field)
        name = attribute(field.name)
        if field.computed:
            continue
        if one.kind == "contains" and _holds_needle(field) and field.format is None:
            yield one.param, '"EEDL"', f"{name}='Needle'".replace("'", '"'), ""
        elif one.kind == "absent" and field.references is None:
            yield one.param, "True", f"{name}=None", f"{name}={valid(field, plan).row}"
            yield one.param, "False", f"{name}={valid(field, plan).row}", f"{name}=None"
        elif (pair := ascending(field, plan)) is not None and one.kind in _ENDS:
            low, high = (f"{name}={value}" for value in pair)
            bound, upper = _ENDS[one.kind]
            shown, hidden = (high, low) if upper else (low, high)
            yield one.param, f"jsonable_encoder({pair[bound]})", shown, hidden


_ENDS = {"min": (1, True), "after": (0, True), "max": (0, False), "before": (1, False)}
"""Kind -> (which of two ascending values is asked for, whether the larger row is shown)."""


@dataclass(frozen=True)
class RowMaker:
    """How a test of a list makes rows that the caller may see."""

    lines: list[str]
    """Who calls, and what the rows hang below."""
    call: str
    """`make_order(session, customer_id=caller.id` without the closing bracket."""


def row_maker(operation: Operation, plan: Plan, role: str | None) -> RowMaker:
    """How rows are made that a caller of this role may see."""
    scene = make_scene(operation, plan, role=role, with_row=True)
    if scene.row is not None and scene.row.endswith(".user"):
        return RowMaker(scene.lines, f"make_{operation.entity.name}(session")
    return RowMaker(scene.lines[:-1], scene.lines[-1].split("await ")[1].removesuffix(")"))


def _filters(operation: Operation, plan: Plan) -> Iterator[tuple[str, str, str, Sample]]:
    """(parameter, attribute, value of a row that is hidden, value that is asked for)."""
    for name in operation.endpoint.filters:
        item = operation.entity.field(name)
        sample = None if item.references or item.computed else other(item, plan)
        if sample is not None and not item.unique:
            yield name, attribute(name), sample.row, valid(item, plan)


def _update(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "update":
        return None
    entity = operation.entity
    states = {machine.field for machine in plan.rules(StateMachine, entity)}
    fields = update_fields(entity, operation.endpoint, plan)
    role = caller_role(operation)
    mine = [f for f in fields if writable_by(f, role) and readable_by(f, role)]
    plain = [f for f in mine if f.references is None and f.name not in states]
    samples = {f.name: sample.json for f in plain if (sample := other(f, plan)) and not f.unique}
    return {
        "changes": samples,
        "nullable": [f.name for f in mine if f.nullable],
        "invalid": _invalid(fields),
        "refused": _refused(entity, {f.name for f in fields}),
        "unique": [(f.name, attribute(f.name)) for f in fields if f.unique],
        "password": takes_password(operation.endpoint, plan),
        "references": {f.name: _missing_key(f) for f in fields if f.references is not None},
        "hideable": _hideable(operation, fields, plan),
        "missing": _missing(operation, plan),
    }


def _delete(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "delete":
        return None
    embedded = {(embed.entity, embed.via) for embed in operation.entity.embeds}
    referring = [
        (entity.name, attribute(f.name))
        for entity in plan.blueprint.entities
        for f in entity.fields
        if f.references is not None
        and f.references.entity == operation.entity.name
        and f.references.on_delete == "restrict"
        and not operation.entity.soft_delete
        and (entity.name, f.name) not in embedded
    ]
    key = attribute(plan.key(operation.entity).name)
    return {
        "referring": referring,
        "reference": key,
        "missing": _missing(operation, plan),
    }


@dataclass(frozen=True)
class MoveCase:
    """A state, a move and what must come of it."""

    role: str
    source: str
    target: str
    target_json: str
    status: int


def _transition(operation: Operation, plan: Plan) -> dict[str, object] | None:
    machine = operation.machine
    if operation.kind != "transition" or machine is None:
        return None
    item = operation.entity.field(machine.field)
    values = plan.blueprint.enum(item.enum or "").values
    to = operation.endpoint.to
    cases = []
    main = caller_role(operation)
    for role in (*operation.callers.full, *operation.callers.own) or ("",):
        for source in values:
            for target in (to,) if to is not None else values:
                status = _expected(machine, source, target, role, operation.endpoint.status)
                if role in {main, ""} or status == 403:
                    cases.append(
                        MoveCase(
                            role=role_member(role, plan) if role and plan.role_enum else "",
                            source=literal(source, item, plan),
                            target=literal(target, item, plan),
                            target_json=quote(target),
                            status=status,
                        )
                    )
    scene = make_scene(operation, plan, role=main, state=values[0])
    main_role = role_member(main, plan) if main and plan.role_enum else ""
    return {
        "cases": cases,
        "once": _once(cases, machine, operation.endpoint.status, main_role),
        "field": item.name,
        "by_role": any(case.role != (main or "") for case in cases),
        "names_target": to is None,
        "lines": [line.replace(literal(values[0], item, plan), "source") for line in scene.lines],
        "main_role": main_role,
        "missing": _missing(operation, plan),
        "enum": plan.enum_classes[item.enum or ""],
    }


def _once(cases: list[MoveCase], machine: StateMachine, success: int, role: str) -> MoveCase | None:
    """A move that cannot be made again from where it leads."""
    again = {t.target for t in machine.transitions if t.source == t.target}
    for case in cases:
        if case.status == success and case.role == role and case.target_json[1:-1] not in again:
            return case
    return None


def _expected(machine: StateMachine, source: str, target: str, role: str, success: int) -> int:
    leading = [t for t in machine.transitions if t.target == target]
    if leading and not any(not t.roles or role in t.roles for t in leading):
        return 403
    moves = [t for t in leading if t.source == source]
    if not moves:
        return 409
    return success if any(not t.roles or role in t.roles for t in moves) else 403


def _ownership(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if not operation.callers.own:
        return None
    on_row = operation.object_param is not None or operation.parent_param is not None
    if not on_row and operation.kind != "list":
        return None
    role = operation.callers.own[0]
    below = operation.parent_param is not None and operation.kind in {"list", "create"}
    if below and role not in parent_restriction(operation.endpoint, plan):
        return None
    foreign = make_scene(operation, plan, role=role, stranger=True)
    if foreign.row is not None and foreign.row.endswith(".user") and operation.kind != "get":
        return None
    return {
        "foreign": foreign,
        "flat_list": operation.kind == "list" and not on_row,
        "paged": operation.endpoint.paged,
        "rows": row_maker(operation, plan, role) if operation.kind == "list" else None,
        "body": _any_body(operation, plan),
        "foreign_status": plan.blueprint.conventions.foreign_object,
    }


def _any_body(operation: Operation, plan: Plan) -> str:
    """A body that would be accepted, so that only ownership can refuse the request."""
    if operation.kind == "update":
        fields = update_fields(operation.entity, operation.endpoint, plan)
        states = {machine.field for machine in plan.rules(StateMachine, operation.entity)}
        plain = [f for f in fields if f.references is None and f.name not in states]
        samples = {f.name: other(f, plan) for f in plain if not f.writers}
        chosen = [f"{quote(name)}: {sample.json}" for name, sample in samples.items() if sample]
        return "{" + ", ".join(chosen[:1]) + "}"
    if operation.kind == "transition" and operation.endpoint.to is None and operation.machine:
        name = operation.machine.field
        return "{" + f"{quote(name)}: {quote(operation.machine.transitions[0].target)}" + "}"
    return ""


def _rules(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "create":
        return None
    entity = operation.entity
    places: list[tuple[Entity, str | None]] = [(entity, None)]
    places += [(plan.blueprint.entity(e.entity), e.field) for e in entity.embeds]
    cases = [case for place, key in places for case in _rule_cases(place, key, plan)]
    sums = [
        {
            "field": r.field,
            "children": next(e.field for e in entity.embeds if e.entity == r.child),
            "factors": r.factors,
            "raised": _raised(plan.blueprint.entity(r.child), r.factors, plan),
        }
        for r in plan.rules(SumRule, entity)
    ]
    if not cases and not sums:
        return None
    return {"cases": cases, "sums": sums, "given": _body_arguments(operation, plan)}


def _raised(child: Entity, factors: tuple[str, ...], plan: Plan) -> list[tuple[str, int]]:
    """Whole factors that a body may choose, and a value that a sum cannot do without."""
    chosen = [f for f in child.fields if f.name in factors and f.type in {"integer", "bigint"}]
    sent = {f.name for f in create_fields(child, None, plan)}
    value = {f.name: int(max(2, f.minimum or 0)) for f in chosen}
    return [
        (f.name, value[f.name])
        for f in chosen
        if f.name in sent and value[f.name] <= (f.maximum or 2)
    ]


def _limits(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.kind != "create":
        return None
    parent = None
    if operation.parent_field is not None:
        above = plan.referenced(operation.parent_field)
        parent = f"{variable(above.name)}.{attribute(plan.key(above).name)}"
    quotas = list(quota_cases(operation, parent, plan))
    uniques = list(unique_cases(operation.entity, plan))
    return {"quotas": quotas, "uniques": uniques} if quotas or uniques else None


def _visibility(operation: Operation, plan: Plan) -> dict[str, object] | None:
    reads, writes = list(read_cases(operation, plan)), list(write_cases(operation, plan))
    if not reads and not writes:
        return None
    return {
        "reads": reads,
        "writes": writes,
        "lists": operation.kind == "list",
        "paged": operation.endpoint.paged,
    }


def _sent_headers(operation: Operation) -> str:
    """The start of a dict display: who calls, and which version he changes if he must say."""
    caller = "" if operation.callers.public else "**caller.headers, "
    return caller + ('"If-Match": "*", ' if is_conditional(operation) else "")


def _idempotency(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if not operation.endpoint.idempotent:
        return None
    fields = create_fields(operation.entity, operation.endpoint, plan)
    plain = [f for f in fields if f.references is None and writable_by(f, caller_role(operation))]
    others = {f.name: sample.json for f in plain if (sample := other(f, plan))}
    name, value = next(iter(others.items()), ("unknown_key", "1"))
    references = [f for f in fields if f.references is not None]
    wrong = [(f.name, _missing_key(f)) for f in references]
    wrong += [(field, text) for _, field, text in _invalid(fields)]
    place, broken = (wrong or [("unknown_key", "1")])[0]
    elsewhere = _missing(operation, plan) if operation.object_param else None
    scene = make_scene(operation, plan, role=caller_role(operation))
    return {
        "headers": _sent_headers(operation),
        "other": f"{{{quote(name)}: {value}}}",
        "broken_body": f"body | {{{quote(place)}: {broken}}}",
        "broken_url": elsewhere.url if elsewhere else scene.url,
    }


def _versions(operation: Operation, plan: Plan) -> dict[str, object] | None:
    if operation.entity.if_match == "ignored" or operation.kind not in CONDITIONAL:
        return None
    role = caller_role(operation)
    move = None
    if operation.machine is not None:
        fits = [t for t in operation.machine.transitions if not t.roles or role in t.roles]
        to = operation.endpoint.to
        move = next((t for t in fits if to in (None, t.target)), None)
        if move is None:
            return None
    scene = make_scene(operation, plan, role=role, state=move.source if move else None)
    body = _any_body(operation, plan)
    if move is not None and operation.endpoint.to is None and operation.machine:
        body = f"{{{quote(operation.machine.field)}: {quote(move.target)}}}"
    return {
        "lines": scene.lines,
        "body": body,
        "headers": "**caller.headers, " if role is not None else "",
        "plain": ", headers=caller.headers" if role is not None else "",
        "shows": operation.kind == "update",
        "changes": body not in {"", "{}"},
    }


def _body_arguments(operation: Operation, plan: Plan) -> str:
    return "checks owner" if create_function(operation, plan).checks_owner else ""


def _rule_cases(entity: Entity, key: str | None, plan: Plan) -> Iterator[dict[str, object]]:
    """Stock and copy rules of rows that a body makes, itself or in a list under `key`."""
    rules: list[StockRule | CopyRule] = []
    rules += plan.rules(StockRule, entity)
    rules += plan.rules(CopyRule, entity)
    for rule in rules:
        target = plan.referenced(entity.field(rule.via))
        yield {
            "kind": rule.kind,
            "repeats": key is not None and not _is_alone(entity, rule.via),
            "rule": rule,
            "key": key,
            "child": entity.name,
            "target": target.name,
            "variable": variable(target.name),
            "target_key": attribute(plan.key(target).name),
        }


def _is_alone(entity: Entity, name: str) -> bool:
    """Whether two rows of one parent may not share the field's value."""
    return entity.field(name).unique or any(name in group for group in entity.unique_together)


_KINDS: dict[str, Callable[[Operation, Plan], dict[str, object] | None]] = {
    "create": _create,
    "get": _get,
    "list": _list,
    "update": _update,
    "delete": _delete,
    "transitions": _transition,
    "ownership": _ownership,
    "rules": _rules,
    "limits": _limits,
    "visibility": _visibility,
    "idempotency": _idempotency,
    "versions": _versions,
    "cache": cache_case,
}


@dataclass(frozen=True)
class MatrixLine:
    """One endpoint and the roles that it lets in."""

    method: str
    path: str
    allowed: str
    """Set expression."""


def matrix_lines(plan: Plan) -> list[MatrixLine]:
    """Every endpoint that needs a token, with ids that nothing has."""
    lines = []
    for endpoint in plan.blueprint.endpoints:
        callers = callers_of(endpoint.access, plan)
        if not callers.public and endpoint.operation != "custom":
            path = plan.blueprint.conventions.base_path + _filled(endpoint.path, plan)
            lines.append(MatrixLine(endpoint.method, path, _allowed(callers, plan)))
    return lines


@dataclass(frozen=True)
class LimitedEndpoint:
    """One endpoint with a rate limit, and who calls it (None: nobody in particular)."""

    name: str
    key: str
    method: str
    path: str
    requests: int
    per_s: int
    role: str | None
    by_user: bool


def limited_endpoints(plan: Plan) -> list[LimitedEndpoint]:
    """Every endpoint that may be called only so often, with ids that nothing has."""
    found = []
    for endpoint in plan.blueprint.endpoints:
        limit = endpoint.rate_limit
        if limit is None or endpoint.operation == "custom":
            continue
        callers = callers_of(endpoint.access, plan)
        role = next(iter((*callers.full, *callers.own)), None)
        member = role_member(role, plan) if role and plan.role_enum else ""
        found.append(
            LimitedEndpoint(
                name="_".join(re.findall(r"\w+", endpoint.key.lower())),
                key=endpoint.key,
                method=endpoint.method.lower(),
                path=plan.blueprint.conventions.base_path + _filled(endpoint.path, plan),
                requests=limit.requests,
                per_s=limit.per_s,
                role=None if callers.public else member,
                by_user=counts_users(endpoint),
            )
        )
    return found


def _filled(path: str, plan: Plan) -> str:
    number = plan.blueprint.conventions.formats.id_type == "integer"
    nobody = "2147483647" if number else "00000000-0000-7000-8000-000000000000"
    parts = [nobody if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def _allowed(callers: Callers, plan: Plan) -> str:
    if plan.role_enum is None:
        return ""
    allowed = {*callers.full, *callers.own}
    members = [role_member(role, plan) for role in all_roles(plan) if role in allowed]
    return "{" + ", ".join(members) + "}"


def test_imports(operations: list[Operation], plan: Plan) -> dict[str, str]:
    """Name -> import, for what tests share."""
    names = {"assert_contains", "code_of", "faulty_places", "items_of", "read_all", "rows_of"}
    imports = {name: f"from tests.answers import {name}" for name in names}
    imports |= {"Path": "from pathlib import Path", "Response": "from httpx2 import Response"}
    imports["registration"] = "from tests.factories import registration"
    factories = [f"make_{entity.name}" for entity in plan.blueprint.entities] + ["PASSWORD"]
    for operation in operations:
        if operation.kind == "create":
            factories.append(f"{operation.name}_body")
            factories += [f"{embed.entity}_body" for embed in operation.entity.embeds]
    imports |= {name: f"from tests.factories import {name}" for name in factories}
    imports |= {name: f"from tests.callers import {name}" for name in ("LogIn", "LoggedIn")}
    imports["KeptAnswers"] = "from tests.kept_answers import KeptAnswers"
    return imports
