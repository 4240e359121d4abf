"""The revisions of a backend's database: the first makes all tables, each later one what changed.

A revision that was written once is never written again: databases have it already.
"""

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tools.components.base import GeneratedFile
from tools.components.migration_steps import create_index, late_keys, migration_steps, needs_fill
from tools.components.names import quote
from tools.components.origins import origins_of
from tools.components.plan import Plan
from tools.components.render import render_python
from tools.components.tables import Table, tables_of

FOLDER = "alembic/versions"
DOCSTRING_CHARS = 90
GIVEN_SEPARATOR = "\n;--\n"
"""Between the statements of a given schema, in its file."""


@dataclass(frozen=True)
class History:
    """What was generated before, as far as a database remembers it."""

    tables: tuple[Table, ...] = ()
    """What the generated revisions made, in an order in which they can be made."""
    revisions: Mapping[str, str] = field(default_factory=dict)
    """Path -> text of each generated revision; empty when none was generated."""
    present: Mapping[str, str] = field(default_factory=dict)
    """Path -> text of every revision that stands in the repository, by whomever."""


NO_HISTORY = History()


def revisions_of(plan: Plan, history: History) -> Iterator[GeneratedFile]:
    """The revisions that were there, and one more when the tables are no longer the same."""
    if not history.revisions:
        yield _first(plan)
        return
    yield from (GeneratedFile(path, text) for path, text in history.revisions.items())
    tables = tables_of(plan)
    if _by_name(history.tables) != _by_name(tables):
        yield _next(plan, history, tables)


def describe_change(old: Sequence[Table], new: Sequence[Table]) -> list[str]:
    """What happens to the tables and to the rows in them, a sentence each."""
    before, after = _by_name(old), _by_name(new)
    said = [f"Make {name}." for name in after if name not in before]
    for name in before:
        if name in after:
            said += _column_changes(before[name], after[name])
        else:
            said.append(f"Drop {name} with its rows.")
    return said


def heads_of(revisions: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of revisions that no other builds on, as the files say; sorted."""
    found: set[str] = set()
    built_on: set[str] = set()
    for text in revisions.values():
        names = _assigned(text)
        found |= names.get("revision", set())
        built_on |= names.get("down_revision", set())
    return tuple(sorted(found - built_on))


def is_revision(path: str) -> bool:
    """Whether a file is a revision of the database."""
    return path.startswith(f"{FOLDER}/") and path.endswith(".py")


def _first(plan: Plan) -> GeneratedFile:
    tables = tables_of(plan)
    return _render(
        plan,
        f"{FOLDER}/0001_create_tables.py",
        revision="0001",
        down_revision=(),
        said=["Create all tables."],
        old=(),
        new=tables,
    )


def _next(plan: Plan, history: History, tables: tuple[Table, ...]) -> GeneratedFile:
    present = {**history.revisions, **history.present}
    number = f"{_last_number(present) + 1:04}"
    said = describe_change(history.tables, tables)
    return _render(
        plan,
        f"{FOLDER}/{number}_{_slug(history.tables, tables)}.py",
        revision=number,
        down_revision=heads_of(present),
        said=said or ["Change keys, checks and indexes."],
        old=history.tables,
        new=tables,
    )


def _render(
    plan: Plan,
    path: str,
    *,
    revision: str,
    down_revision: tuple[str, ...],
    said: Sequence[str],
    old: tuple[Table, ...],
    new: tuple[Table, ...],
) -> GeneratedFile:
    before, after = _by_name(old), _by_name(new)
    made = [after[name] for name in after if name not in before]
    unmade = [before[name] for name in before if name not in after]
    context = {
        "given": _given(plan) if not down_revision else None,
        "revision": revision,
        "down_revision": _code(down_revision),
        "docstring": _docstring(said),
        "upgrade": migration_steps(old, new),
        "downgrade": migration_steps(new, old),
        "tables": [_body(table, group) for group in (made, unmade) for table in group],
    }
    return render_python("database/revision.py", path, origins_of(plan), **context)


def _docstring(said: Sequence[str]) -> str:
    """One line where it fits, else one sentence a line."""
    if sum(map(len, said)) + len(said) <= DOCSTRING_CHARS:
        return " ".join(said)
    lines = [textwrap.fill(sentence, DOCSTRING_CHARS) for sentence in said]
    return "\n".join(["Change the tables.", "", *lines, ""])


def _code(ids: tuple[str, ...]) -> str:
    """`down_revision`, as Python code."""
    if len(ids) == 1:
        return quote(ids[0])
    return f"({', '.join(map(quote, ids))})" if ids else "None"


@dataclass(frozen=True)
class Given:
    """How the first revision makes tables that a Database Agent owns."""

    first: str
    """The table whose presence says that all are there, as SQL names it."""
    separator: str = GIVEN_SEPARATOR


def _given(plan: Plan) -> Given | None:
    given = plan.blueprint.given
    if given is None:
        return None
    parts = given.tables[0].split(".") if given.tables else []
    return Given(".".join(f'"{part}"' for part in parts))


@dataclass(frozen=True)
class Body:
    """What the function that makes a table holds."""

    name: str
    elements: list[str]
    indexes: list[str]


def _body(table: Table, made_together: Sequence[Table]) -> Body:
    late = [key for _, key in late_keys(made_together)]
    constraints = [c.code() for c in table.constraints if c not in late]
    indexes = [create_index(table, name) for name in table.indexes]
    return Body(table.name, [*(c.code() for c in table.columns), *constraints], indexes)


def _column_changes(before: Table, after: Table) -> Iterator[str]:
    for column in after.columns:
        known = before.column(column.name)
        place = f"{after.name}.{column.name}"
        if known is None:
            yield f"Add {place}."
        elif known != column:
            yield f"Change {place}."
        if needs_fill(column) and (known is None or known.nullable):
            if column.fill is None:
                yield f"This is refused while a row has no {place}."
            else:
                yield f"Rows that have no {place} get {column.fill}."
    for column in before.columns:
        if after.column(column.name) is None:
            yield f"Drop {before.name}.{column.name} with what is in it."


def _slug(old: Sequence[Table], new: Sequence[Table]) -> str:
    before, after = _by_name(old), _by_name(new)
    touched = [name for name in {**after, **before} if before.get(name) != after.get(name)]
    if len(touched) > 1:
        return "change_tables"
    verb = "create" if touched[0] not in before else "drop" if touched[0] not in after else "change"
    return f"{verb}_{touched[0]}"


def _last_number(revisions: Mapping[str, str]) -> int:
    names = [path.rpartition("/")[2] for path in revisions]
    numbers = [int(found[0]) for name in names if (found := re.match(r"\d+(?=_)", name))]
    return max(numbers, default=0)


def _by_name(tables: Sequence[Table]) -> dict[str, Table]:
    return {table.name: table for table in tables}


def _assigned(source: str) -> dict[str, set[str]]:
    """Module-level names -> the strings assigned to them; nothing of the file is run."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return {}
    found: dict[str, set[str]] = {}
    for statement in statements:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = _literal(statement.value)
    return found


def _literal(value: ast.expr | None) -> set[str]:
    """The string, or the strings of a tuple or list."""
    elements = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    constants = [element.value for element in elements if isinstance(element, ast.Constant)]
    return {constant for constant in constants if isinstance(constant, str)}
