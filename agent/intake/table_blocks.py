"""Fenced blocks that describe tables: `sql`, `dbml`, `prisma` and `mermaid` entity diagrams."""

import re
from collections.abc import Callable, Iterator

from agent.intake.document import Fence
from agent.intake.draft import Draft
from agent.intake.statements import Statement
from agent.intake.tables import merge_own_tables
from tools.schema.dbml import parse_dbml
from tools.schema.errors import SchemaError
from tools.schema.mermaid_er import parse_mermaid_er
from tools.schema.model import DatabaseSchema
from tools.schema.naming import with_our_names
from tools.schema.prisma import parse_prisma

_ER_DIAGRAM = re.compile(r"\s*(?:---\n.*?\n---\s*|%%[^\n]*\n\s*)*erDiagram\b", re.DOTALL)


def read_table_blocks(draft: Draft, statements: list[Statement]) -> list[Statement]:
    """Make entities of every such block; each of its tables becomes a statement of its own."""
    return [part for statement in statements for part in _read(draft, statement)]


def _read(draft: Draft, statement: Statement) -> Iterator[Statement]:
    fence = statement.fence
    parse = _parser(fence) if fence else None
    if fence is None or parse is None:
        yield statement
        return
    try:
        schema = parse(fence.placed_text, "")
    except SchemaError as error:
        for line, text in error.problems:
            reason, _, remedy = text.partition(". ")
            last = fence.line + fence.text.count("\n")
            draft.error(min(line, last), f"in the {fence.language} block: {reason}", remedy)
        yield statement
        return
    if schema.tables or schema.enums:
        yield from _take(draft, statement, schema)
    else:
        yield statement


def _parser(fence: Fence) -> Callable[[str, str], DatabaseSchema] | None:
    if fence.language in {"sql", "ddl", "postgres", "postgresql"}:
        return _parse_sql
    if fence.language == "dbml":
        return lambda text, name: with_our_names(parse_dbml(text, name))
    if fence.language == "prisma":
        return lambda text, name: with_our_names(parse_prisma(text, name))
    if fence.language == "mermaid" and _ER_DIAGRAM.match(fence.text):
        return parse_mermaid_er
    return None


def _parse_sql(text: str, name: str) -> DatabaseSchema:
    from tools.schema.ddl import parse_ddl  # noqa: PLC0415 - pglast is only loaded for SQL

    return parse_ddl(text, name)


def _take(draft: Draft, statement: Statement, schema: DatabaseSchema) -> Iterator[Statement]:
    tables, notes = merge_own_tables(draft, schema)
    for enum in schema.enums:
        part = statement.part(enum.line or statement.line, f"{enum.name}: {', '.join(enum.values)}")
        draft.satisfy("enum", enum.name, part)
        yield part
    for entity, table in tables.items():
        given = next(one for one in schema.tables if one.name == table)
        names = ", ".join(column.name for column in given.columns)
        part = statement.part(given.line or statement.line, f"{table}: {names}")
        draft.satisfy("entity", entity, part)
        yield part
    for note in notes:
        yield statement.part(note.line, note.what)
