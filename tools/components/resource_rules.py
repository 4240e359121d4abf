"""The declared rules of an entity as the functions that they become."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tools.blueprint.model import CopyRule, Entity, StateMachine, StockRule, SumRule
from tools.components.base import ComponentError
from tools.components.columns import literal, python_type, scale
from tools.components.grants import all_roles, role_set
from tools.components.names import attribute
from tools.components.plan import Plan


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
        yield MoveTable(entity, field.name, enum, f"check_{field.name}", mover, moves, by_role)


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


def row_rules(entity: Entity, plan: Plan) -> Iterator[RowRule]:
    """Copies first (they refuse a missing reference), then stock, then sums."""
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
    for total in plan.rules(SumRule, entity):
        yield _sum_rule(total, entity, plan)


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
