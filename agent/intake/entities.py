"""Entity tables: `### book` over a table of fields becomes an entity of the Blueprint."""

import re

from agent.intake.columns import FIELD_COLUMNS, cell, find_columns
from agent.intake.document import Row, Section, Table
from agent.intake.draft import Draft
from agent.intake.field_rules import apply_rule, split_rules
from agent.intake.field_types import TypeReading, read_type
from agent.intake.statements import Statement, is_entity_table, topic_of
from agent.intake.words import plural, singular, snake_case
from tools.blueprint.model import Entity, EntityField, Enum, Reference

TYPES_HELP = (
    "Use string(100), text, integer, bigint, decimal(10,2), float, boolean, date, time, "
    "timestamp, interval, uuid, json, bytes, enum(a, b), text[] or -> entity."
)
_HEADING = re.compile(
    r"(?:(?:entity|table|resource|model)\s*:?\s+)?(?P<name>[A-Za-z][\w -]*?)"
    r"(?:\s+(?:entity|table|resource|model))?"
    r"(?:\s*\((?:table:?\s*)?(?P<table>[a-z]\w*)\))?",
    re.IGNORECASE,
)
_YES = frozenset({"yes", "y", "x", "✓", "✔", "true", "required", "not null"})
_NO = frozenset({"no", "n", "✗", "false", "optional", "null", "nullable", "-"})
CLAIM = re.compile(
    r"\b(?:can|may|must|shall|should|will|only|never|always|cannot|can't|not|no|when|if|unless"
    r"|until|after|before|each|every|at most|at least|per|unique|limit|max|min|require[sd]?"
    r"|refuse[sd]?|reject(?:s|ed)?|allow(?:s|ed)?)\b",
    re.IGNORECASE,
)


def read_enums(draft: Draft, statements: list[Statement]) -> None:
    """Items like `ticket_priority: low, normal, high` in an Enums section."""
    for statement in statements:
        name, colon, values = statement.words.partition(":")
        if topic_of(statement.section) != "enums" or not colon or not statement.is_item:
            continue
        enum = Enum(
            name=snake_case(name),
            values=tuple(v.strip() for v in re.split(r"[,|]", values.strip(" .")) if v.strip()),
            line=statement.line,
        )
        draft.enums[enum.name] = enum
        draft.satisfy("enum", enum.name, statement)


def read_entities(draft: Draft, statements: list[Statement]) -> None:
    """Every entity table. Two tables for one entity, and unknown types, become problems."""
    tables: list[tuple[Statement, str]] = []
    for statement in statements:
        if statement.table is None or not is_entity_table(statement.table) or statement.row:
            continue
        entity = _named_entity(draft, statement)
        if entity is None:
            continue
        draft.entities[entity.name] = entity
        draft.satisfy("entity", entity.name, statement)
        tables.append((statement, entity.name))
    for statement, name in tables:
        _fill(draft, name, statement)


def entity_of(draft: Draft, section: Section) -> str | None:
    """The entity in whose section something stands, or None."""
    for heading in section.headings:
        match = _HEADING.fullmatch(heading.strip())
        if match and (name := singular(snake_case(match["name"]))) in draft.entities:
            return name
    return None


def describe(draft: Draft, statement: Statement) -> bool:
    """Take a sentence of an entity's section as its description, when it claims nothing."""
    name = entity_of(draft, statement.section)
    if name is None or statement.is_item or statement.row or CLAIM.search(statement.words):
        return False
    entity = draft.entities[name]
    text = f"{entity.description} {statement.words}".strip()
    draft.entities[name] = entity.model_copy(update={"description": text})
    draft.note(statement)
    return True


def _named_entity(draft: Draft, statement: Statement) -> Entity | None:
    match = _HEADING.fullmatch(statement.section.heading.strip())
    name = singular(snake_case(match["name"])) if match else ""
    if not match or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        draft.error(
            statement.line,
            f"the heading {statement.section.heading!r} over this table of fields names no entity",
            "Put each table under a heading that is the entity's name, such as `### book`.",
        )
        return None
    if name in draft.entities:
        draft.error(
            statement.line,
            f"the entity `{name}` is described twice, first on line {draft.entities[name].line}",
            "Put all its fields into one table.",
        )
        return None
    table = match["table"] or plural(name)
    return Entity(name=name, table=table, fields=(), line=statement.line)


def _fill(draft: Draft, entity: str, statement: Statement) -> None:
    table = statement.table
    columns = find_columns(table, FIELD_COLUMNS) if table else {}
    for row in table.rows if isinstance(table, Table) else ():
        _read_field(draft, entity, row, columns, statement)


def _read_field(
    draft: Draft, entity: str, row: Row, columns: dict[str, int], statement: Statement
) -> None:
    name = snake_case(cell(row, columns, "name"))
    text = cell(row, columns, "type")
    if not name and not text:
        return
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        draft.error(row.line, f"{row.cells[0]!r} is no field name", "Use letters, digits and `_`.")
        return
    if any(one.name == name for one in draft.entities[entity].fields):
        draft.error(row.line, f"`{entity}.{name}` is listed twice", "Remove one of the two rows.")
        return
    reading = read_type(text, draft.entities, draft.enums)
    if reading is None:
        draft.error(row.line, f"the type {text!r} of `{entity}.{name}` is unknown", TYPES_HELP)
        return
    field = _typed(draft, entity, name, row.line, reading)
    draft.put_field(entity, _ruled(draft, entity, field, row, columns, statement))


def _typed(draft: Draft, entity: str, name: str, line: int, reading: TypeReading) -> EntityField:
    update: dict[str, object] = {"name": name, "line": line}
    if reading.values:
        update["enum"] = draft.name_enum(entity, name, reading.values, line)
    if reading.target:
        target, key = reading.target
        update["references"] = Reference(entity=target, field=key or "id")
        if not reading.typed:
            draft.untyped.add((entity, name))
    return reading.field.model_copy(update=update)


def _ruled(  # noqa: PLR0913 - one row and where it stands
    draft: Draft,
    entity: str,
    field: EntityField,
    row: Row,
    columns: dict[str, int],
    statement: Statement,
) -> EntityField:
    required, nullable = cell(row, columns, "required"), cell(row, columns, "nullable")
    if required.lower() in _NO or nullable.lower() in _YES | {"null", "optional", "nullable"}:
        field = field.model_copy(update={"nullable": True})
    if default := cell(row, columns, "default").strip("-– "):  # noqa: RUF001 - specs use the dash
        field = apply_rule(field, f"default {default}") or _refuse_default(
            draft, entity, field, default
        )
    left: list[str] = []
    for rule in split_rules(cell(row, columns, "rules")):
        changed = apply_rule(field, rule)
        field = changed or field
        if changed is None:
            left.append(rule)
    field, told = _described(field, cell(row, columns, "description"))
    for piece in [*left, *told]:
        text = f"{entity}.{field.name} is {piece}"
        draft.pieces.append(Statement(row.line, text, statement.section, text, parent=statement))
    return field


def _described(field: EntityField, text: str) -> tuple[EntityField, list[str]]:
    """A description cell may hold rules too; what is neither a rule nor a claim describes."""
    told: list[str] = []
    prose: list[str] = []
    for piece in split_rules(text):
        changed = apply_rule(field, piece)
        field = changed or field
        if changed is None:
            (told if CLAIM.search(piece) or _is_relation(piece) else prose).append(piece)
    return field.model_copy(update={"description": ", ".join(prose)}), told


def _is_relation(piece: str) -> bool:
    return re.match(r"(?:copied|sum|the sum|a copy|the owner)\b|.*->", piece, re.I) is not None


def _refuse_default(draft: Draft, entity: str, field: EntityField, default: str) -> EntityField:
    draft.error(
        field.line or 1,
        f"the default {default!r} of `{entity}.{field.name}` does not fit its type {field.type}",
        "Correct the default or the type.",
    )
    return field
