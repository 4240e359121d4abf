"""Which column of a table is which: headers in their common spellings."""

import re

from agent.intake.document import Row, Table

Spellings = dict[str, str]
"""Meaning -> the headers that have it, lower case, separated by `|`."""

FIELD_COLUMNS: Spellings = {
    "entity": "entity|table|resource|model",
    "name": "field|name|column|attribute|property",
    "type": "type|data type|datatype|kind",
    "required": "required|mandatory",
    "nullable": "null|nullable|optional",
    "default": "default|default value",
    "rules": "rules|rule|constraints|constraint|validation|options",
    "readers": "readers|visible to|read by|readable by|who sees",
    "writers": "writers|writable by|set by|written by|who sets|editable by",
    "description": "description|notes|note|comment|comments|meaning|remarks",
}
ENDPOINT_COLUMNS: Spellings = {
    "method": "method|verb|http method",
    "path": "path|route|url|uri",
    "endpoint": "endpoint|operation|request|call",
    "access": "access|who|roles|role|permission|permissions|authorization|allowed|allowed roles",
    "auth": "auth|authentication|auth required|auth?|login",
    "description": "description|does|notes|note|summary|purpose|action|what it does|behavior"
    "|behaviour|remarks",
    "status": "status|success|returns|status code|success status",
    "filters": "filter|filters|filter by",
    "search": "search",
    "sort": "sort|sorting|sort by|order by",
    "fields": "fields|body|request body|input",
    "rate_limit": "rate limit|limit|limits|throttle",
    "idempotent": "idempotent|idempotency|idempotency-key",
    "cache": "cache|cached|cached for|cache ttl",
}


def find_columns(table: Table, spellings: Spellings) -> dict[str, int]:
    """Meaning -> index of the first column that has it; meanings without a column are left out."""
    meanings = {word: meaning for meaning, words in spellings.items() for word in words.split("|")}
    found: dict[str, int] = {}
    for index, header in enumerate(table.header):
        meaning = meanings.get(header.strip().lower().rstrip(":"))
        if meaning:
            found.setdefault(meaning, index)
    return found


def cell(row: Row, columns: dict[str, int], meaning: str) -> str:
    """The row's text in that column, "" when the table has none."""
    index = columns.get(meaning)
    return row.cells[index].strip() if index is not None and index < len(row.cells) else ""


def is_entity_table(table: Table) -> bool:
    """Whether its rows are fields with types."""
    columns = find_columns(table, FIELD_COLUMNS)
    return "name" in columns and "type" in columns


def is_endpoint_table(table: Table) -> bool:
    """Whether its rows are endpoints: a method and a path, in two columns or in one."""
    columns = find_columns(table, ENDPOINT_COLUMNS)
    place = "path" if "path" in columns else "endpoint"
    start = r"/" if "method" in columns else r"(?:GET|POST|PUT|PATCH|DELETE)\s+/"
    return any(re.match(start, cell(row, columns, place), re.IGNORECASE) for row in table.rows)
