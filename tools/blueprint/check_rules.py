"""Checks of business rules: their fields exist and have types that fit."""

from collections.abc import Iterator

from tools.blueprint.check_entities import NUMERIC
from tools.blueprint.model import (
    Blueprint,
    CopyRule,
    EntityField,
    QuotaRule,
    StateMachine,
    StockRule,
    SumRule,
)
from tools.blueprint.problem import Problem

_WHOLE = frozenset({"integer", "bigint"})


def check_rules(blueprint: Blueprint) -> Iterator[Problem]:
    """Every problem of the rules."""
    for rule in blueprint.rules:
        name = rule.name if rule.kind == "custom" else rule.entity
        where = f"rule {rule.kind} of {name}"
        for what, why, fix in _findings(blueprint, rule):
            yield Problem(where, what, why, fix, rule.line)


Finding = tuple[str, str, str]


def _findings(blueprint: Blueprint, rule: object) -> Iterator[Finding]:
    try:
        match rule:
            case StateMachine():
                yield from _check_states(blueprint, rule)
            case StockRule():
                yield from _check_stock(blueprint, rule)
            case CopyRule():
                yield from _check_copy(blueprint, rule)
            case SumRule():
                yield from _check_sum(blueprint, rule)
            case QuotaRule():
                yield from _check_quota(blueprint, rule)
    except KeyError as error:
        yield (
            str(error.args[0]),
            "A rule works on fields that exist",
            "add what is missing or correct the name",
        )


def _check_states(blueprint: Blueprint, rule: StateMachine) -> Iterator[Finding]:
    field = blueprint.entity(rule.entity).field(rule.field)
    if field.type != "enum":
        yield (
            f"`{rule.field}` is of type {field.type}",
            "States are the values of an enum",
            "make it an enum of the states",
        )
        return
    values = set(blueprint.enum(field.enum or "").values)
    named = {rule.initial, *(s for t in rule.transitions for s in (t.source, t.target))}
    if unknown := sorted(named - values):
        yield (
            f"states that are no values of enum {field.enum}: {', '.join(unknown)}",
            "The database would refuse them",
            f"add them to the enum or use some of {', '.join(sorted(values))}",
        )
    roles = {role.name for role in blueprint.roles}
    if missing := sorted({role for move in rule.transitions for role in move.roles} - roles):
        yield (
            f"transitions name unknown roles: {', '.join(missing)}",
            "Nobody could make them",
            f"use some of {', '.join(sorted(roles)) or 'the roles to be added'}",
        )
    if field.default not in {None, rule.initial}:
        yield (
            f"it starts at {rule.initial!r} but the field's default is {field.default!r}",
            "New objects start in the initial state",
            "give the field that default",
        )
    moves = [(move.source, move.target) for move in rule.transitions]
    if len(set(moves)) != len(moves) or not moves:
        yield "no transitions, or one twice", "Each move is listed once", "list the allowed moves"


def _check_stock(blueprint: Blueprint, rule: StockRule) -> Iterator[Finding]:
    row = blueprint.entity(rule.entity)
    counted = _target(blueprint, row.field(rule.via))
    for field in (row.field(rule.amount), blueprint.entity(counted).field(rule.counter)):
        if field.type not in _WHOLE:
            yield (
                f"`{field.name}` is of type {field.type}",
                "Stock is counted",
                "make it an integer",
            )


def _check_copy(blueprint: Blueprint, rule: CopyRule) -> Iterator[Finding]:
    entity = blueprint.entity(rule.entity)
    copy = entity.field(rule.field)
    source = blueprint.entity(_target(blueprint, entity.field(rule.via))).field(rule.source)
    if copy.type != source.type:
        yield (
            f"`{rule.field}` is {copy.type} but its source is {source.type}",
            "A copy has the type of its source",
            f"make it {source.type}",
        )
    yield from _server_set(copy)


def _check_sum(blueprint: Blueprint, rule: SumRule) -> Iterator[Finding]:
    entity, child = blueprint.entity(rule.entity), blueprint.entity(rule.child)
    for field in (entity.field(rule.field), *(child.field(name) for name in rule.factors)):
        if field.type not in NUMERIC:
            yield f"`{field.name}` is of type {field.type}", "Sums add numbers", "make it a number"
    if rule.child not in {embed.entity for embed in entity.embeds}:
        yield (
            f"`{rule.child}` is not embedded in `{rule.entity}`",
            "The sum is computed over rows that are written with their parent",
            f"add an embed of `{rule.child}` to `{rule.entity}`",
        )
    yield from _server_set(entity.field(rule.field))


def _check_quota(blueprint: Blueprint, rule: QuotaRule) -> Iterator[Finding]:
    entity = blueprint.entity(rule.entity)
    target = blueprint.entity(_target(blueprint, entity.field(rule.per)))
    if (rule.limit is None) == (rule.limit_field is None):
        yield "limit or limit_field", "One of them says how many", "give exactly one of the two"
    numbers = [target.field(rule.limit_field)] if rule.limit_field else []
    numbers += [entity.field(rule.amount)] if rule.amount else []
    for number in numbers:
        if number.type not in NUMERIC:
            yield f"`{number.name}` is of type {number.type}", "Limits are numbers", "name a number"
    if (rule.field is None) != (not rule.values):
        yield "field and values belong together", "They say which rows count", "give both or none"
    elif rule.field is not None:
        enum = blueprint.enum(entity.field(rule.field).enum or "")
        if unknown := sorted(set(rule.values) - set(enum.values)):
            yield (
                f"values that are none of enum {enum.name}: {', '.join(unknown)}",
                "No row could ever count",
                f"use some of {', '.join(enum.values)}",
            )


def _server_set(field: EntityField) -> Iterator[Finding]:
    if field.writable != "never":
        yield (
            f"clients may write `{field.name}`",
            "The server computes it, so a client's value would be wrong",
            'set its writable to "never"',
        )


def _target(blueprint: Blueprint, key: EntityField) -> str:
    if key.references is None:
        raise KeyError(f"`{key.name}` is no foreign key")
    return blueprint.entity(key.references.entity).name
