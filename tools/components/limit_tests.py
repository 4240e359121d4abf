"""What the generated tests of quotas and of uniqueness among some states cover."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import Entity, QuotaRule, UniqueWhile
from tools.components.columns import literal
from tools.components.names import attribute, variable
from tools.components.operations import Operation
from tools.components.payloads import caller_fields
from tools.components.plan import Plan
from tools.components.row_limits import quota_name

MAX_ROWS = 200
"""A test of a larger quota would take too long."""
SMALL = 2
"""The limit that a test sets where a row holds it."""


@dataclass(frozen=True)
class QuotaCase:
    """A quota reached, and one more request."""

    name: str
    lines: list[str]
    """What makes the referenced row, where the scene makes none."""
    body_key: str | None
    """Key of the body that names it."""
    reference: str
    """Its id, as an expression."""
    given: str
    """Arguments of the factory that makes a row that counts."""
    rows: int
    """How many of those reach the limit."""
    by_row: bool
    """Whether rows are counted, so that one request takes the last place."""
    uncounted: str | None
    """Arguments that make a row that does not count; None when every row counts."""


def quota_cases(operation: Operation, parent: str | None, plan: Plan) -> Iterator[QuotaCase]:
    """Each quota that a create endpoint can break.

    Args:
        operation: creates.
        parent: expression of the parent's id in the scene; None for a flat path.
        plan: the backend.
    """
    entity = operation.entity
    for rule in plan.rules(QuotaRule, entity):
        counts = _counts_at_first(rule, entity)
        limit = SMALL if rule.limit is None else rule.limit
        fits = rule.amount is None or _fits(entity, rule.amount, limit)
        if counts and fits and 0 < limit <= MAX_ROWS:
            yield _quota_case(operation, rule, limit, parent, plan)


def _counts_at_first(rule: QuotaRule, entity: Entity) -> bool:
    return rule.field is None or entity.field(rule.field).default in rule.values


def _fits(entity: Entity, amount: str, limit: int) -> bool:
    """Whether one row can hold the whole amount, as the database sees it."""
    field = entity.field(amount)
    return field.maximum is None or field.maximum >= limit


def _quota_case(
    operation: Operation, rule: QuotaRule, limit: int, parent: str | None, plan: Plan
) -> QuotaCase:
    entity = operation.entity
    per = entity.field(rule.per)
    target = plan.referenced(per)
    lines: list[str] = []
    body_key = None
    if per in caller_fields(entity, plan):
        reference = "caller.id"
    elif operation.endpoint.parent == rule.per and parent is not None:
        reference = parent
    else:
        row = variable(target.name)
        lines.append(f"{row} = await make_{target.name}(session)")
        reference, body_key = f"{row}.{attribute(plan.key(target).name)}", rule.per
    if rule.limit_field:
        row = reference.rpartition(".")[0]
        lines += [f"{row}.{attribute(rule.limit_field)} = {limit}", "await session.commit()"]
    given = f", {attribute(rule.per)}={reference}"
    if rule.field is not None:
        value = literal(rule.values[0], entity.field(rule.field), plan)
        given += f", {attribute(rule.field)}={value}"
    if rule.amount is not None:
        given += f", {attribute(rule.amount)}={limit}"
    uncounted = _uncounted(rule, entity, plan, given)
    rows = 1 if rule.amount else limit
    return QuotaCase(
        quota_name(rule), lines, body_key, reference, given, rows, rule.amount is None, uncounted
    )


def _uncounted(rule: QuotaRule, entity: Entity, plan: Plan, given: str) -> str | None:
    if rule.field is None:
        return None
    field = entity.field(rule.field)
    values = plan.blueprint.enum(field.enum or "").values
    others = [value for value in values if value not in rule.values]
    if not others:
        return None
    counted, other = (literal(value, field, plan) for value in (rule.values[0], others[0]))
    return given.replace(f"={counted}", f"={other}")


@dataclass(frozen=True)
class UniqueCase:
    """Two rows with the same values: one state in which the second is refused, one in which not."""

    name: str
    counts: str
    """Arguments that put a row into a state that counts."""
    other: str | None
    """Arguments of a state that does not."""
    fields: list[str]


def unique_cases(entity: Entity, plan: Plan) -> Iterator[UniqueCase]:
    """Each uniqueness that holds among rows in some states."""
    for group in entity.unique_while:
        yield UniqueCase(
            name=f"{'_and_'.join(group.fields)}_while_{group.field}",
            counts=_state(group, group.values[0], entity, plan),
            other=_other_state(group, entity, plan),
            fields=[attribute(name) for name in group.fields],
        )


def _other_state(group: UniqueWhile, entity: Entity, plan: Plan) -> str | None:
    values = plan.blueprint.enum(entity.field(group.field).enum or "").values
    others = [value for value in values if value not in group.values]
    return _state(group, others[0], entity, plan) if others else None


def _state(group: UniqueWhile, value: str, entity: Entity, plan: Plan) -> str:
    field = entity.field(group.field)
    return f"{attribute(field.name)}={literal(value, field, plan)}"
