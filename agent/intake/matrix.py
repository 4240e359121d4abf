"""Roles-by-permissions tables: rows are endpoints, columns are roles, cells are yes, own or no."""

import re
from collections.abc import Iterator

from agent.intake.access import role_named
from agent.intake.columns import ENDPOINT_COLUMNS, find_columns
from agent.intake.document import Row, Table
from agent.intake.draft import Draft
from agent.intake.operations import clean_path
from agent.intake.statements import Statement
from agent.intake.vocabulary import find_entity
from tools.blueprint.model import Access, Endpoint, Grant

_YES = frozenset(
    {"yes", "y", "x", "✓", "✔", "✅", "all", "any", "full", "allow", "allowed", "true"}
)
_OWN = re.compile(r"(?:(?:yes|✓|✔|x)\W*)?\(?own(?: only)?\)?|self|owner", re.IGNORECASE)
_NO = frozenset({"no", "n", "", "-", "–", "—", "✗", "✘", "❌", "none", "deny", "false"})  # noqa: RUF001
_LETTERS: dict[str, tuple[str, ...]] = {
    "c": ("create",), "r": ("get", "list"), "u": ("update",), "d": ("delete",),
    "l": ("list",), "g": ("get",),
}  # fmt: skip
_CRUD = re.compile(
    r"(?P<letters>[crudlg](?:\W*[crudlg])*)\W*(?P<own>\(?own(?: only)?\)?)?", re.IGNORECASE
)
_PUBLIC = frozenset({"public", "anonymous", "guest", "guests", "anyone", "visitor", "visitors"})
_ANY_USER = frozenset({"any user", "user", "users", "authenticated", "logged in", "any"})
_VERBS = {
    "list": ("list",), "browse": ("list",), "read": ("get", "list"), "view": ("get", "list"),
    "see": ("get", "list"), "get": ("get",), "show": ("get",), "create": ("create",),
    "add": ("create",), "place": ("create",), "open": ("create",), "update": ("update",),
    "edit": ("update",), "change": ("update",), "delete": ("delete",), "remove": ("delete",),
}  # fmt: skip


def read_matrix(draft: Draft, statements: list[Statement]) -> None:
    """Every permission table; a row that contradicts an access cell becomes a problem."""
    for statement in statements:
        table, row = statement.table, statement.row
        if row is None or table is None or statement in draft.understood:
            continue
        columns = _role_columns(draft, table)
        if len(columns) != len(table.header) - 1 or not columns:
            continue
        if _is_crud(table, columns):
            _read_letters(draft, statement, row, columns)
        else:
            _read_row(draft, statement, row, columns)


def add_role_columns(draft: Draft, statements: list[Statement]) -> None:
    """Endpoint tables may have one column per role instead of an access column."""
    for statement in statements:
        table, row = statement.table, statement.row
        if row is None or table is None:
            continue
        columns = _role_columns(draft, table)
        known = find_columns(table, ENDPOINT_COLUMNS)
        if columns and "access" not in known and "method" in known:
            for key in _sourced(draft, statement):
                _decide(draft, draft.endpoints[key], _access(draft, row, columns, statement.line))


def _role_columns(draft: Draft, table: Table) -> dict[int, str]:
    """Index -> role, `*` or `public`."""
    columns: dict[int, str] = {}
    for index, header in enumerate(table.header):
        words = header.strip().lower()
        role = role_named(words, draft.roles)
        if index and (role or words in _PUBLIC | _ANY_USER):
            columns[index] = role or ("public" if words in _PUBLIC else "*")
    return columns


def _is_crud(table: Table, columns: dict[int, str]) -> bool:
    """Whether the cells are letters: `C R U D`, `CRU`, `R (own)`."""
    cells = [row.cells[i].strip() for row in table.rows for i in columns if i < len(row.cells)]
    told = [cell for cell in cells if cell.lower() not in _NO]
    return bool(told) and all(_CRUD.fullmatch(cell) for cell in told)


def _read_letters(draft: Draft, statement: Statement, row: Row, columns: dict[int, str]) -> None:
    """One entity's row: each letter grants the entity's endpoints of its operation."""
    try:
        entity = find_entity(row.cells[0], draft.entities)
    except LookupError:
        return
    for endpoint in [e for e in draft.endpoints.values() if e.entity == entity.name]:
        if not any(endpoint.operation in operations for operations in _LETTERS.values()):
            continue
        access = _lettered(endpoint, row, columns)
        if endpoint.access not in (Access(), access):
            draft.error(
                statement.line,
                f"who may call `{endpoint.key}` differs from line {endpoint.line}",
                "State it once, or make both say the same.",
            )
        _decide(draft, endpoint, access)
        draft.satisfy("endpoint", endpoint.key, statement)


def _lettered(endpoint: Endpoint, row: Row, columns: dict[int, str]) -> Access:
    grants: list[Grant] = []
    for index, role in columns.items():
        match = _CRUD.fullmatch(row.cells[index].strip() if index < len(row.cells) else "")
        letters = match["letters"].lower() if match else ""
        if any(endpoint.operation in _LETTERS.get(letter, ()) for letter in letters):
            if role == "public":
                return Access(public=True)
            own = endpoint.operation != "create" and bool(match and match["own"])
            grants.append(Grant(role=role, own=own))
    return Access(grants=tuple(grants))


def _read_row(draft: Draft, statement: Statement, row: Row, columns: dict[int, str]) -> None:
    endpoints = list(_meant(draft, row.cells[0]))
    access = _access(draft, row, columns, statement.line)
    if not endpoints or access is None:
        return
    for endpoint in endpoints:
        if endpoint.access not in (Access(), access):
            draft.error(
                statement.line,
                f"who may call `{endpoint.key}` differs from line {endpoint.line}",
                "State it once, or make both say the same.",
            )
        _decide(draft, endpoint, access)
        draft.satisfy("endpoint", endpoint.key, statement)


def _meant(draft: Draft, label: str) -> Iterator[Endpoint]:
    """The endpoints that `POST /books` or `create book` names."""
    method, _, path = label.strip().partition(" ")
    key = f"{method.upper()} {clean_path(path, draft.conventions.base_path)}"
    if key in draft.endpoints:
        yield draft.endpoints[key]
        return
    operations = _VERBS.get(method.lower(), ())
    words = re.sub(r"^(?:own|their own|all|any)\s+", "", path.strip().lower())
    try:
        entity = find_entity(words, draft.entities)
    except LookupError:
        return
    for endpoint in draft.endpoints.values():
        moved = endpoint.operation == "transition" and endpoint.path.endswith(f"/{method.lower()}")
        if endpoint.entity == entity.name and (endpoint.operation in operations or moved):
            yield endpoint


def _access(draft: Draft, row: Row, columns: dict[int, str], line: int) -> Access | None:
    grants: list[Grant] = []
    public = False
    for index, role in columns.items():
        text = row.cells[index].strip().lower() if index < len(row.cells) else ""
        own = _OWN.fullmatch(text) is not None
        if not own and text not in _YES | _NO:
            draft.error(line, f"the permission {text!r} is unknown", "Write yes, own or no.")
            return None
        if role == "public" and text in _YES:
            public = True
        elif own or text in _YES:
            grants.append(Grant(role=role, own=own))
    return Access(public=True) if public else Access(grants=tuple(grants))


def _decide(draft: Draft, endpoint: Endpoint, access: Access | None) -> None:
    if access is not None:
        draft.endpoints[endpoint.key] = endpoint.model_copy(update={"access": access})


def _sourced(draft: Draft, statement: Statement) -> list[str]:
    return [
        name
        for (kind, name), sources in draft.sources.items()
        if kind == "endpoint" and statement in sources
    ]
