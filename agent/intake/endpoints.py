"""Endpoint tables and lists: `GET | /books | public | List books; sort by price, title`."""

import re
from contextlib import suppress
from dataclasses import dataclass, field

from agent.intake.access import read_access
from agent.intake.columns import ENDPOINT_COLUMNS, cell, find_columns, is_endpoint_table
from agent.intake.defaults import with_creation_time
from agent.intake.document import Table
from agent.intake.draft import Draft
from agent.intake.endpoint_qualities import (
    Qualities,
    column_qualities,
    read_quality,
    with_qualities,
)
from agent.intake.list_filters import Filters, read_filters
from agent.intake.list_order import read_order, split_order
from agent.intake.operations import Inferred, clean_path, infer
from agent.intake.statements import Statement
from agent.intake.vocabulary import find_field
from tools.blueprint.model import Access, Endpoint, Entity, Role, StateMachine
from tools.blueprint.words import singular, snake_case

ACCESS_HELP = (
    "Write `public`, `any user`, role names (`admin, staff`), or `customer (own)` for a role that "
    "may touch only its own objects."
)
_METHOD_PATH = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE)\s+(?P<path>/\S*)", re.IGNORECASE)
_LISTED = re.compile(
    rf"{_METHOD_PATH.pattern}\s*(?:\((?P<access>[^()]*(?:\([^()]*\)[^()]*)*)\))?"
    r"\s*(?:(?::|—|–|-)\s*(?P<does>.*))?",  # noqa: RUF001 - specs use the dashes
    re.IGNORECASE,
)
_OPTIONS = {
    "filters": re.compile(r"(?:can be |may be )?filter(?:s|ed|able)?(?: by| on)?:?\s+(.+)", re.I),
    "search": re.compile(r"(?:full[- ]text )?search(?:es|ed|able)?(?: by| in| on)?:?\s+(.+)", re.I),
    "sort": re.compile(r"(?:can be |may be )?sort(?:s|ed|able)?(?: by| on)?:?\s+(.+)", re.I),
    "fields": re.compile(
        r"(?:fields|body|sets(?: only)?|changes(?: only)?|only)(?: the)?:?\s+(.+?)(?: only)?", re.I
    ),
}
_ROW_OPTIONS = ("filters", "search", "sort", "fields")
_PROMISES = ("rate_limit", "idempotent", "cache")


@dataclass
class EndpointRow:
    """One stated endpoint, as text."""

    statement: Statement
    method: str
    path: str
    access: str | None
    """None when the spec has no place that says who may call it."""
    description: str = ""
    status: str = ""
    options: dict[str, str] = field(default_factory=dict)
    """`filters`, `search`, `sort`, `fields` -> comma-separated field names."""
    qualities: dict[str, str] = field(default_factory=dict)
    """`rate_limit`, `idempotent`, `cache` -> cell."""


def find_rows(statements: list[Statement]) -> list[EndpointRow]:
    """Every endpoint that a table row or list item states, in order."""
    rows: list[EndpointRow] = []
    for statement in statements:
        row = _table_row(statement) if statement.row else _list_item(statement)
        if row is not None:
            rows.append(row)
    return rows


def read_endpoints(draft: Draft, rows: list[EndpointRow]) -> None:
    """Make an endpoint of each row; what a description adds beyond it becomes a piece."""
    machines = {rule.entity: rule for rule in draft.rules if isinstance(rule, StateMachine)}
    for row in rows:
        path = clean_path(row.path, draft.conventions.base_path)
        key = f"{row.method} {path}"
        if key in draft.endpoints:
            first = draft.endpoints[key].line
            line = row.statement.line
            draft.error(
                line, f"`{key}` is listed twice, first on line {first}", "Merge the two rows."
            )
            continue
        inferred = infer(row.method, path, row.description, draft.entities, machines)
        draft.endpoints[key] = _endpoint(draft, row, path, inferred)
        draft.satisfy("endpoint", key, row.statement)


def read_decision(draft: Draft, text: str, line: int) -> Access | None:
    """The access that a cell states, None when it states none or a part is not understood.

    An unknown role is an error; a condition in words is a question.
    """
    access, unknown = read_access(text, draft.roles)
    for word in unknown:
        known = ", ".join(draft.roles) or "none"
        report = draft.error if re.fullmatch(r"\w+", word) else draft.ask
        report(line, f"{word!r} is no role (roles: {known})", ACCESS_HELP)
    return None if unknown else access


def infer_roles(draft: Draft, rows: list[EndpointRow]) -> None:
    """Take the roles from the access cells when the spec lists them nowhere else."""
    if draft.roles:
        return
    for row in rows:
        access, words = read_access(row.access or "", ())
        for word in words if access else ():
            name = singular(snake_case(re.sub(r"\s*\(.*\)|\s+only$|\W*\bown\b", "", word)))
            if name:
                draft.roles.setdefault(name, Role(name=name, line=row.statement.line))
    if draft.roles:
        draft.assume(f"The roles are those named in the access cells: {', '.join(draft.roles)}.")


def _table_row(statement: Statement) -> EndpointRow | None:
    table, row = statement.table, statement.row
    if row is None or not isinstance(table, Table) or not is_endpoint_table(table):
        return None
    columns = find_columns(table, ENDPOINT_COLUMNS)
    method = cell(row, columns, "method").upper()
    path = cell(row, columns, "path") or cell(row, columns, "endpoint")
    if joined := _METHOD_PATH.fullmatch(path):
        method, path = joined["method"].upper(), joined["path"]
    if not path.startswith("/") or not re.fullmatch(r"GET|POST|PUT|PATCH|DELETE", method):
        return None
    decided = next((name for name in ("access", "auth") if name in columns), None)
    return EndpointRow(
        statement,
        method,
        path,
        cell(row, columns, decided) if decided else None,
        cell(row, columns, "description"),
        cell(row, columns, "status"),
        {name: cell(row, columns, name) for name in _ROW_OPTIONS if cell(row, columns, name)},
        {name: cell(row, columns, name) for name in _PROMISES},
    )


def _list_item(statement: Statement) -> EndpointRow | None:
    match = _LISTED.fullmatch(statement.words) if statement.is_item else None
    if match is None:
        return None
    return EndpointRow(
        statement,
        match["method"].upper(),
        match["path"],
        match["access"],
        match["does"] or "",
    )


def _endpoint(draft: Draft, row: EndpointRow, path: str, inferred: Inferred) -> Endpoint:
    entity = draft.entities.get(inferred.entity or "")
    options, description, qualities = _read_options(draft, row, entity)
    comparisons = qualities.pop("comparisons", ())
    status = re.match(r"\d{3}", row.status)
    endpoint = Endpoint(
        operation=inferred.operation,
        method=row.method,
        path=path,
        entity=inferred.entity,
        access=read_decision(draft, row.access or "", row.statement.line) or Access(),
        status=int(status[0]) if status else inferred.status,
        parent=inferred.parent,
        to=inferred.to,
        description=description,
        line=row.statement.line,
        filters=options.get("filters", ()),
        comparisons=comparisons,
        search=options.get("search", ()),
        sort=options.get("sort", ()),
        order=options.get("order", ()),
        fields=options.get("fields"),
    )
    return with_qualities(endpoint, qualities | column_qualities(row.qualities))


def _read_options(
    draft: Draft, row: EndpointRow, entity: Entity | None
) -> tuple[dict[str, tuple[str, ...]], str, Qualities]:
    """Options of the row's own columns and of its description, and what else that says."""
    qualities: Qualities = {}
    if entity is not None and entity.name not in draft.given:
        entity = with_creation_time(entity)
    options: dict[str, tuple[str, ...]] = {}
    for name, text in row.options.items():
        if name == "filters" and entity and (filters := _filters(text, entity)):
            options[name], qualities["comparisons"] = filters
        else:
            options[name] = _field_names(draft, text, entity, row.statement.line)
    description = ""
    told = re.sub(r"\s+\(((?:filter|search|sort)[^()]*)\)", r"; \1", split_order(row.description))
    for position, piece in enumerate(re.split(r";|(?<=[a-z)])\.\s+", told)):
        text = piece.strip(" .")
        listed = _OPTIONS["filters"].fullmatch(text)
        option, names = _option(text, entity)
        if listed and entity and (filters := _filters(listed[1], entity)):
            options["filters"], qualities["comparisons"] = filters
        elif option:
            options[option] = names
        elif quality := read_quality(text):
            qualities |= quality
        elif position == 0:
            description = re.sub(r"\s*(?:->|→|=>)\s*\w+$", "", text)
        elif text and not re.fullmatch(r"(?:->|→|=>)\s*\w+", text):
            statement = row.statement
            whole = f"{row.method} {row.path}: {text}"
            draft.pieces.append(
                Statement(statement.line, whole, statement.section, text, parent=statement)
            )
    return options, description, qualities


def _filters(text: str, entity: Entity) -> Filters | None:
    """What the list may be filtered by; None when some words are no filter."""
    try:
        return read_filters(text, entity)
    except LookupError:
        return None


def _option(text: str, entity: Entity | None) -> tuple[str | None, tuple[str, ...]]:
    if entity is not None:
        with suppress(LookupError):
            return "order", read_order(text, entity)
    for name, pattern in _OPTIONS.items():
        match = pattern.fullmatch(text)
        if match is None or entity is None:
            continue
        words = [word for word in re.split(r",|\band\b|\bor\b|/", match[1]) if word.strip()]
        try:
            return name, tuple(find_field(word, entity).name for word in words)
        except LookupError:
            continue
    return None, ()


def _field_names(draft: Draft, text: str, entity: Entity | None, line: int) -> tuple[str, ...]:
    names: list[str] = []
    for word in re.split(r",|\band\b|;", text.strip(" -")):
        try:
            if word.strip() and entity:
                names.append(find_field(word, entity).name)
        except LookupError:
            draft.error(
                line,
                f"`{entity.name if entity else '?'}` has no field {word.strip()!r}",
                "Name a field of the entity's table.",
            )
    return tuple(names)
