"""What each part of a Blueprint is called: the one vocabulary of outlines, updates and removals.

POST /orders    entity book    field book.title    enum genre    role admin    auth
rule states ticket.status    rule stock order_item.quantity    rule NAME
scenario checkout    test zip_bomb
"""

from collections.abc import Callable, Iterable

from tools.blueprint.model import (
    Blueprint,
    CustomRule,
    Endpoint,
    Entity,
    Enum,
    OutboundService,
    QuotaRule,
    Role,
    Rule,
    Scenario,
    StockRule,
    Traced,
    WrittenTest,
)

Part = Endpoint | Entity | Enum | Role | Scenario | WrittenTest | OutboundService | Rule
Change = Callable[[str, Traced], Traced | None]
"""Name and part -> the part to put there, or None to leave it out."""

_KINDS: dict[type[Traced], str] = {
    Entity: "entity",
    Enum: "enum",
    Role: "role",
    Scenario: "scenario",
    WrittenTest: "test",
    OutboundService: "outbound",
}


def part_name(part: Part) -> str:
    """What that part is called."""
    match part:
        case Endpoint():
            return part.key
        case CustomRule():
            return f"rule {part.name}"
        case StockRule():
            return f"rule stock {part.entity}.{part.amount}"
        case QuotaRule():
            return f"rule quota {part.entity}.{part.per}"
        case Entity() | Enum() | Role() | Scenario() | WrittenTest() | OutboundService():
            return f"{_KINDS[type(part)]} {part.name}"
        case _:
            return f"rule {part.kind} {part.entity}.{part.field}"


def named_parts(blueprint: Blueprint) -> dict[str, Traced]:
    """Name -> part, for everything that can carry requirements."""
    found: dict[str, Traced] = {}

    def collect(name: str, part: Traced) -> Traced:
        found[name] = part
        return part

    map_parts(blueprint, collect)
    return found


def map_parts(blueprint: Blueprint, change: Change) -> Blueprint:
    """The Blueprint with `change` applied to every part, an entity's fields before the entity."""
    return blueprint.model_copy(
        update={
            "auth": blueprint.auth and change("auth", blueprint.auth),
            "entities": _map(
                [_map_fields(entity, change) for entity in blueprint.entities], change
            ),
            "enums": _map(blueprint.enums, change),
            "roles": _map(blueprint.roles, change),
            "endpoints": _map(blueprint.endpoints, change),
            "rules": _map(blueprint.rules, change),
            "outbound": _map(blueprint.outbound, change),
            "scenarios": _map(blueprint.scenarios, change),
            "tests": _map(blueprint.tests, change),
        }
    )


def _map(parts: Iterable[Part], change: Change) -> tuple[Traced, ...]:
    changed = (change(part_name(part), part) for part in parts)
    return tuple(part for part in changed if part is not None)


def _map_fields(entity: Entity, change: Change) -> Entity:
    fields = (change(f"field {entity.name}.{field.name}", field) for field in entity.fields)
    return entity.model_copy(update={"fields": tuple(f for f in fields if f is not None)})
