"""Migrations from one Blueprint to the next, on PostgreSQL with rows in the old tables."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from sandbox.base import Sandbox, SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tests.tools.components.changes import CHANGES
from tools.blueprint.model import Blueprint
from tools.components import emit_backend
from tools.components.plan import make_plan
from tools.components.revisions import FOLDER, History
from tools.components.tables import tables_of

pytestmark = pytest.mark.docker

MIGRATE = """
import sys
import psycopg
from alembic import command
from alembic.config import Config

name, to, *statements = sys.argv[1:]
server = "postgresql://postgres@127.0.0.1:5432"
with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
    connection.execute(f"CREATE DATABASE {name}")
url = f"postgresql+asyncpg://postgres@127.0.0.1:5432/{name}"
config = Config("alembic.ini", attributes={"url": url})
command.upgrade(config, "0001")
with psycopg.connect(f"{server}/{name}", autocommit=True) as connection:
    for statement in statements:
        connection.execute(statement)
    command.upgrade(config, "head")
    command.check(config)
    command.downgrade(config, "0001")
    command.upgrade(config, "head")
    if to:
        command.downgrade(config, to)
    row = connection.execute("SELECT to_regclass('notes')").fetchone()
    print(connection.execute("SELECT count(*) FROM notes").fetchone() if row[0] else row)
"""
INSERT = "INSERT INTO notes (text) VALUES ('first'), ('second')"


@pytest.fixture(scope="module")
def machine(docker_provider: DockerProvider) -> Iterator[Sandbox]:
    with docker_provider.open(SandboxSpec(run_id=f"test-{uuid4().hex[:12]}")) as sandbox:
        assert sandbox.exec(["start-postgres"], deadline=Deadline.after(60)).ok
        yield sandbox


def evolve(before: Blueprint, after: Blueprint) -> dict[str, str]:
    """The backend of `after`, on top of the revisions of `before`."""
    old = emit_backend(before)
    revisions = {path: text for path, text in old.items() if path.startswith(FOLDER)}
    return emit_backend(after, History(tables_of(make_plan(before)), revisions, revisions))


@pytest.mark.parametrize("name", CHANGES)
def test_rows_survive_the_way_up_and_it_leads_back_down(machine: Sandbox, name: str) -> None:
    before, after = CHANGES[name]
    had_notes, has_notes = (
        any(entity.table == "notes" for entity in side.entities) for side in (before, after)
    )
    output = migrate(machine, name, seed(before) if had_notes else ())
    rows = 2 if had_notes else 0
    assert output.splitlines()[-1] == (f"({rows},)" if has_notes else "(None,)")


def test_everything_leads_back_to_nothing_and_is_clean(machine: Sandbox) -> None:
    assert migrate(machine, "everything", (), to="base").splitlines()[-1] == "(None,)"
    for argv in (["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        result = machine.exec(argv, deadline=Deadline.after(60))
        assert result.ok, result.output


def migrate(machine: Sandbox, name: str, statements: tuple[str, ...], to: str = "") -> str:
    """Make a database of the old tables, go up, down and up again; returns what was printed."""
    machine.exec(["sh", "-c", "rm -rf ./*"], deadline=Deadline.after(20))
    machine.put({path: text.encode() for path, text in evolve(*CHANGES[name]).items()})
    database = f"db_{uuid4().hex[:8]}"
    argv = ["python", "-c", MIGRATE, database, to, *statements]
    result = machine.exec(argv, deadline=Deadline.after(120))
    assert result.ok, result.output
    return result.output.strip()


def seed(before: Blueprint) -> tuple[str, ...]:
    """Two rows, with a value for a field that the table of `before` requires."""
    fields = {field.name: field for field in before.entities[0].fields}
    extra = fields.get("extra")
    if extra is None or extra.nullable or extra.default is not None:
        return (INSERT,)
    return (INSERT.replace("(text)", "(text, extra)").replace("')", "', '4')"),)
