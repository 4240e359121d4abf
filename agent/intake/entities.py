"""Entity tables: `### book` over a table of fields becomes an entity of the Blueprint."""

import re

from agent.intake.claims import is_claim
from agent.intake.columns import FIELD_COLUMNS, find_columns, is_entity_table
from agent.intake.document import Section
from agent.intake.draft import Draft
from agent.intake.fields import FieldReader
from agent.intake.statements import Statement
from agent.intake.topics import topic_of
from tools.blueprint.model import Entity, Enum
from tools.blueprint.words import plural, singular, snake_case

_HEADING = re.compile(
    r"(?:(?:entity|table|resource|model)\s*:?\s+)?(?P<name>[A-Za-z][\w -]*?)"
    r"(?:\s+(?:entity|table|resource|model))?"
    r"(?:\s*\((?:table:?\s*)?(?P<table>[a-z]\w*)\))?",
    re.IGNORECASE,
)


def read_enums(draft: Draft, statements: list[Statement]) -> None:
    """Items like `ticket_priority: low, normal, high` in an Enums section."""
    for statement in statements:
        words, colon, values = statement.words.partition(":")
        name = snake_case(words)
        if topic_of(statement.section) != "enums" or not (colon and name and statement.is_item):
            continue
        enum = Enum(
            name=name,
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
        assert statement.table is not None  # chosen above
        reader = FieldReader(draft, name, statement, find_columns(statement.table, FIELD_COLUMNS))
        for row in statement.table.rows:
            reader.read(row)


def entity_of(draft: Draft, section: Section) -> str | None:
    """The entity in whose section something stands, or None."""
    for heading in section.headings:
        match = _HEADING.fullmatch(heading.strip())
        if match and (name := singular(snake_case(match["name"]))) in draft.entities:
            return name
    return None


def describe(draft: Draft, statement: Statement) -> None:
    """Take a sentence of an entity's section as its description, when it claims nothing."""
    name = entity_of(draft, statement.section)
    cut = statement.is_item or statement.row or statement.parent
    if name is None or cut or is_claim(statement.words):
        return
    entity = draft.entities[name]
    text = f"{entity.description} {statement.words}".strip()
    draft.entities[name] = entity.model_copy(update={"description": text})
    draft.note(statement)


def _named_entity(draft: Draft, statement: Statement) -> Entity | None:
    match = _HEADING.fullmatch(statement.title.strip())
    name = singular(snake_case(match["name"])) if match else ""
    if not match or not name:
        draft.error(
            statement.line,
            f"{statement.title!r} over this table of fields names no entity",
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
