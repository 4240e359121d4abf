"""The given DDL in one PostgreSQL, our first revision in another: the catalogs are the same."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from agent.intake import read_spec
from sandbox.base import Sandbox, SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tools.components import emit_backend
from tools.schema.catalog import CATALOG_SQL
from tools.schema.load import load_schema

pytestmark = pytest.mark.docker

DATA = Path(__file__).parent / "data"
SCHEMAS = ("shop", "bookings", "ledger", "clinic", "cms", "crm", "school", "erp")
OURS = {"alembic_version", "auth_refresh_tokens"}
PSQL = ["psql", "-qAt", "-h", "127.0.0.1", "-U", "postgres", "-v", "ON_ERROR_STOP=1"]


@pytest.fixture(scope="module")
def machine(docker_provider: DockerProvider) -> Iterator[Sandbox]:
    with docker_provider.open(SandboxSpec(run_id=f"test-{uuid4().hex[:12]}")) as sandbox:
        run(sandbox, "start-postgres")
        yield sandbox


def run(machine: Sandbox, *argv: str, **env: str) -> str:
    result = machine.exec(argv, deadline=Deadline.after(120), env=env)
    assert result.ok, result.output
    return result.output


def catalog(machine: Sandbox, database: str) -> dict[str, dict[str, object]]:
    """Kind and name of an object -> all that the catalog says about it."""
    machine.put({"catalog.sql": CATALOG_SQL.encode()})
    told = json.loads(run(machine, *PSQL, database, "-f", "catalog.sql"))
    return {
        f"{kind} {one.get('namespace', '')}.{one['name']}": one
        for kind, found in told.items()
        for one in found
        if one["name"] not in OURS
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_our_first_revision_makes_exactly_what_was_given(machine: Sandbox, name: str) -> None:
    schema = load_schema(DATA / f"{name}.sql")
    assert len(schema.tables) >= (40 if name == "erp" else 10)
    intake = read_spec("---\nauth: false\n---\n# S\n", schema)
    assert intake.problems == ()
    blueprint = intake.blueprint
    given, ours = f"{name}_given", f"{name}_ours"
    run(machine, "createdb", "-h", "127.0.0.1", "-U", "postgres", given)
    run(machine, "createdb", "-h", "127.0.0.1", "-U", "postgres", ours)

    machine.put({"given.sql": (DATA / f"{name}.sql").read_bytes()})
    run(machine, *PSQL, given, "-f", "given.sql")
    files = emit_backend(blueprint)
    machine.put({path: text.encode() for path, text in files.items()})
    names = blueprint.conventions.environment
    url = f"postgresql://postgres@127.0.0.1:5432/{ours}"
    env = {names.environment: "test", names.database_url: url}
    run(machine, "sh", "-c", blueprint.conventions.commands.migrate, **env)

    expected = catalog(machine, given)
    assert catalog(machine, ours) == expected
    assert len(expected) >= len(schema.tables)
    assert "No new upgrade operations" in run(machine, "alembic", "check", **env)
    run(machine, "alembic", "downgrade", "base", **env)
    run(machine, "alembic", "upgrade", "head", **env)
    assert catalog(machine, ours) == expected
    machine.put({}, remove=files)


def test_a_live_database_is_taken_as_it_is(machine: Sandbox) -> None:
    """Its tables and rows stay; what is added is ours alone, and goes again."""
    schema = load_schema(DATA / "library.sql")
    blueprint = read_spec("---\nname: live\nauth: false\n---\n# S\n", schema).blueprint
    run(machine, "createdb", "-h", "127.0.0.1", "-U", "postgres", "live")
    machine.put({"given.sql": (DATA / "library.sql").read_bytes()})
    run(machine, *PSQL, "live", "-f", "given.sql")
    table = schema.tables[0].name
    comment = f"COMMENT ON TABLE {table} IS 'made by somebody else'"
    run(machine, *PSQL, "live", "-c", comment)
    before = catalog(machine, "live")

    files = emit_backend(blueprint)
    machine.put({path: text.encode() for path, text in files.items()})
    names = blueprint.conventions.environment
    url = "postgresql://postgres@127.0.0.1:5432/live"
    env = {names.environment: "test", names.database_url: url}
    run(machine, "sh", "-c", blueprint.conventions.commands.migrate, **env)

    assert catalog(machine, "live") == before
    said = run(machine, *PSQL, "live", "-c", f"SELECT obj_description('{table}'::regclass)")
    assert said.strip() == "made by somebody else"
    assert run(machine, "alembic", "current", **env).endswith("0001 (head)\n")
    assert "No new upgrade operations" in run(machine, "alembic", "check", **env)
    run(machine, "alembic", "downgrade", "base", **env)
    assert catalog(machine, "live") == before
    machine.put({}, remove=files)
