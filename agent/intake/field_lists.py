"""Fields as list items (`- title: string(200), required`), turned into a table of fields."""

import re
from collections.abc import Iterable, Iterator

from agent.intake.document import Block, Item, Row, Table
from agent.intake.field_rules import split_rules
from agent.intake.field_types import read_type

_FIELD = re.compile(
    r"(?P<name>[A-Za-z_]\w*)\s*(?:\((?P<typed>[^()]*(?:\([^()]*\)[^()]*)*)\))?"
    r"(?:\s*[:–—-]\s*(?P<stated>.+))?"  # noqa: RUF001 - specs use the dashes
)


def join_field_lists(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, with each run of items that are fields as one table."""
    rows: list[Row] = []
    for block in blocks:
        row = _row(block) if isinstance(block, Item) else None
        if row is not None:
            rows.append(row)
            continue
        if rows:
            yield _table(rows)
            rows = []
        yield block
    if rows:
        yield _table(rows)


def _row(item: Item) -> Row | None:
    match = None if item.lead else _FIELD.fullmatch(item.text.rstrip(". "))
    if match is None:
        return None
    kind, *rules = split_rules(f"{match['typed'] or ''}; {match['stated'] or ''}") or [""]
    if read_type(kind, (), ()) is None:
        return None
    return Row(item.line, (match["name"], kind, "; ".join(rules)))


def _table(rows: list[Row]) -> Table:
    return Table(rows[0].line, ("field", "type", "rules"), tuple(rows))
