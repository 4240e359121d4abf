"""A Blueprint as Mermaid diagrams: its entities, and the states of each state machine."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Entity, EntityField, StateMachine
from tools.blueprint.words import snake_case


def draw_entities(blueprint: Blueprint) -> str:
    """An `erDiagram` of all entities; `PK`, `FK` and `UK` mark keys."""
    lines = ["erDiagram"]
    for entity in blueprint.entities:
        lines += [f"    {entity.name} {{", *_columns(entity), "    }"]
    for entity in blueprint.entities:
        lines += [_relation(entity, field) for field in entity.fields if field.references]
    return "\n".join(lines) + "\n"


def draw_states(machine: StateMachine) -> str:
    """A `stateDiagram-v2`, titled by the field; roles stand in brackets."""
    states = dict.fromkeys(
        [machine.initial, *(s for move in machine.transitions for s in (move.source, move.target))]
    )
    names = {state: snake_case(state) or f"state_{n}" for n, state in enumerate(states, start=1)}
    lines = ["---", f"title: {machine.entity}.{machine.field}", "---", "stateDiagram-v2"]
    lines += [f'    state "{text}" as {name}' for text, name in names.items() if text != name]
    lines.append(f"    [*] --> {names[machine.initial]}")
    for move in machine.transitions:
        label = f" : by ({', '.join(move.roles)})" if move.roles else ""
        lines.append(f"    {names[move.source]} --> {names[move.target]}{label}")
    return "\n".join(lines) + "\n"


def draw_blueprint(blueprint: Blueprint) -> str:
    """Every diagram as Markdown: fenced blocks that a spec may hold again."""
    diagrams = [draw_entities(blueprint)] if blueprint.entities else []
    diagrams += [draw_states(rule) for rule in blueprint.rules if isinstance(rule, StateMachine)]
    return "\n".join(f"```mermaid\n{diagram}```\n" for diagram in diagrams)


def _columns(entity: Entity) -> Iterator[str]:
    for field in entity.fields:
        marks = ["PK"] if field.name in entity.primary_key else []
        marks += ["FK"] if field.references else []
        marks += ["UK"] if field.unique else []
        keys = f" {', '.join(marks)}" if marks else ""
        comment = ' "optional"' if field.nullable else ""
        yield f"        {_type(field)} {field.name}{keys}{comment}"


def _type(field: EntityField) -> str:
    if field.type == "array":
        return f"{field.item_type or 'text'}[]"
    if field.type == "string" and field.max_length:
        return f"string({field.max_length})"
    if field.type == "decimal" and field.precision:
        return f"decimal({field.precision},{field.scale or 0})"
    return "text" if field.type == "enum" else field.type


def _relation(entity: Entity, field: EntityField) -> str:
    target = field.references.entity if field.references else ""
    parent = "|o" if field.nullable else "||"
    child = "o|" if field.unique else "o{"
    return f"    {target} {parent}--{child} {entity.name} : {field.name}"
