"""The declared rules of an entity as the functions that they become."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tools.blueprint.model import (
    CopyRule,
    Entity,
    EntityField,
    QuotaRule,
    StateMachine,
    StockRule,
    SumRule,
)
from tools.components.base import ComponentError
from tools.components.columns import literal, python_type, scale
from tools.components.grants import all_roles, role_set
from tools.components.hiding import hideable_references, visible
from tools.components.names import attribute
from tools.components.plan import Plan
from tools.components.row_limits import counted_states, quota_arguments, quota_name


@dataclass(frozen=True)
class Move:
    """One line of a table of moves."""

    source: str
    target: str
    roles: str | None
    """Set expression of those who may make it; None in a table without roles."""


@dataclass(frozen=True)
class MoveTable:
    """A state machine: `check_status(source, target)` over a table."""

    entity: Entity
    field: str
    enum: str
    function: str
    """Checks a move."""
    mover: str
    """The service function that makes it."""
    moves: list[Move]
    by_role: bool
    """Whether some move is not open to everybody."""
    limits: list[tuple[str, str]]
    """(states that count, function) of each quota that a move may break."""


def move_tables(entity: Entity, plan: Plan) -> Iterator[MoveTable]:
    """The state machines of an entity."""
    machines = plan.rules(StateMachine, entity)
    for machine in machines:
        field = entity.field(machine.field)
        by_role = any(t.roles for t in machine.transitions)
        moves = [
            Move(
                literal(t.source, field, plan),
                literal(t.target, field, plan),
                role_set(t.roles or all_roles(plan), plan) if by_role else None,
            )
            for t in machine.transitions
        ]
        enum = python_type(field, plan)
        mover = f"move_{entity.name}" + (f"_{field.name}" if len(machines) > 1 else "")
        limits = [
            (counted_states(quota, plan), quota_name(quota))
            for quota in plan.rules(QuotaRule, entity)
            if quota.field == field.name
        ]
        check = f"check_{field.name}"
        yield MoveTable(entity, field.name, enum, check, mover, moves, by_role, limits)


@dataclass(frozen=True)
class RowRule:
    """A rule applied to new rows, in the order of `rank`."""

    kind: str
    function: str
    entity: Entity
    """Whose rows it reads or fills."""
    model: str
    arguments: dict[str, str]
    rank: int
    watches: tuple[str, ...] = ()
    """Fields whose change makes the rule apply again."""

    @property
    def follows(self) -> bool:
        """Whether it applies to rows that the database has, not to those that are being made."""
        return self.kind == "quota"


def row_rules(entity: Entity, plan: Plan) -> Iterator[RowRule]:
    """Copies first (they refuse a missing reference), then stock, sums and quotas."""
    for copy in plan.rules(CopyRule, entity):
        arguments = _reference(entity, copy.via, plan) | {
            "field": attribute(copy.field),
            "source": attribute(copy.source),
        }
        yield RowRule("copy", f"copy_{copy.field}", entity, plan.model(entity), arguments, 0)
    copied = {rule.via for rule in plan.rules(CopyRule, entity)}
    for stock in plan.rules(StockRule, entity):
        arguments = _reference(entity, stock.via, plan) | {
            "checked": "by the copy" if stock.via in copied else "",
            "amount": attribute(stock.amount),
            "counter": attribute(stock.counter),
        }
        yield RowRule("stock", f"take_{stock.counter}", entity, plan.model(entity), arguments, 1)
    taken = copied | {rule.via for rule in plan.rules(StockRule, entity)}
    for key in hideable_references(entity, plan):
        if key.name not in taken:
            yield _live_rule(key, entity, plan)
    for total in plan.rules(SumRule, entity):
        yield _sum_rule(total, entity, plan)
    for quota in plan.rules(QuotaRule, entity):
        arguments = quota_arguments(quota, entity, plan)
        watches = tuple(filter(None, (quota.per, quota.field, quota.amount)))
        name, model = quota_name(quota), plan.model(entity)
        yield RowRule("quota", name, entity, model, arguments, 3, watches)


def _live_rule(key: EntityField, entity: Entity, plan: Plan) -> RowRule:
    """Nothing new refers to a hidden row."""
    target = plan.referenced(key)
    arguments = {
        "via": attribute(key.name),
        "via_name": key.name,
        "target_name": target.name,
        "nullable": "may be null" if key.nullable else "",
        "key": f"{plan.model(target)}.{attribute(key.references.field if key.references else '')}",
        "visible": visible(target, plan) or "",
    }
    model = plan.model(entity)
    return RowRule("live", f"require_{key.name}", entity, model, arguments, 0, (key.name,))


def _reference(entity: Entity, via: str, plan: Plan) -> dict[str, str]:
    field = entity.field(via)
    if field.references is None or field.nullable:
        raise ComponentError(f"{entity.name}.{via} must be a foreign key that is never null")
    target = plan.blueprint.entity(field.references.entity)
    return {
        "via": attribute(via),
        "via_name": via,
        "target": plan.model(target),
        "target_name": target.name,
        "targets": target.table,
        "key": attribute(field.references.field),
        "key_type": python_type(field, plan),
        "visible": visible(target, plan) or "",
    }


def _sum_rule(rule: SumRule, entity: Entity, plan: Plan) -> RowRule:
    for embed in entity.embeds:
        if embed.entity == rule.child:
            break
    else:
        raise ComponentError(f"{entity.name} does not embed {rule.child}, so nothing can be summed")
    field = entity.field(rule.field)
    product = " * ".join(f"child.{attribute(name)}" for name in rule.factors)
    decimals = [
        n for n in rule.factors if plan.blueprint.entity(rule.child).field(n).type == "decimal"
    ]
    start = "Decimal(0)" if field.type == "decimal" else "0"
    arguments = {
        "field": attribute(rule.field),
        "children": attribute(embed.field),
        "product": product,
        "start": start,
        "step": str(Decimal(1).scaleb(-scale(field))) if len(decimals) > 1 else "",
    }
    return RowRule("sum", f"add_up_{rule.field}", entity, plan.model(entity), arguments, 2)
