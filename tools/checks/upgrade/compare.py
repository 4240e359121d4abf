"""What a migration did to rows that were there before it. Pure."""

from collections.abc import Iterator
from decimal import Decimal

from pydantic import JsonValue

from tools.checks.upgrade.fill import Snapshot, TableContent

FAMILIES = {"varchar": "text", "bpchar": "text", "int2": "int8", "int4": "int8"}
"""Types whose values are written like those of another."""


def losses(before: Snapshot, after: Snapshot) -> list[str]:
    """Rows that are gone and values that changed, a line each.

    A table or column that the migration dropped or gave another type is not compared: the
    Blueprint decides about those, and the schema check holds the tables to it.
    """
    return [
        line
        for table, content in before.items()
        if table in after
        for line in _of_table(table, content, after[table])
    ]


def _of_table(table: str, before: TableContent, after: TableContent) -> Iterator[str]:
    kept = [name for name in before.types if _alike(before, after, name)]
    for key, row in before.rows.items():
        found = after.rows.get(key)
        if found is None:
            yield f"{table}: the row {key} is gone"
            continue
        for name in kept:
            if not _same(before.types[name], row[name], found[name]):
                yield f"{table}.{name} of row {key} was {row[name]!r}, is {found[name]!r}"


def _alike(before: TableContent, after: TableContent, column: str) -> bool:
    """Whether the column is still there, with a type that writes values the same way."""
    old, new = before.types[column], after.types.get(column)
    return new is not None and FAMILIES.get(old, old) == FAMILIES.get(new, new)


def _same(kind: str, old: JsonValue, new: JsonValue) -> bool:
    """A value that was missing may be there now: the migration filled it."""
    if old is None or old == new:
        return True
    return kind == "numeric" and new is not None and Decimal(str(old)) == Decimal(str(new))
