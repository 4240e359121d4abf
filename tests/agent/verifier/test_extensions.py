"""Extensions that no machine of ours has are said, by name."""

from uuid import uuid4

import pytest

from agent.verifier.extensions import check_extensions, needed_extensions
from sandbox.base import SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tools.blueprint.model import GivenDatabase


def given(*statements: str) -> GivenDatabase:
    return GivenDatabase(source="schema.sql", statements=statements, tables=("a",))


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("CREATE EXTENSION postgis", ("postgis",)),
        ('create extension if not exists "uuid-ossp" with schema public', ("uuid-ossp",)),
        ("-- times\n/* and places */ CREATE EXTENSION PostGIS;", ("postgis",)),
        ("CREATE EXTENSION plpgsql", ()),
        ("CREATE TABLE a (b text DEFAULT 'CREATE EXTENSION c')", ()),
    ],
)
def test_needed_extensions(statement: str, names: tuple[str, ...]) -> None:
    assert needed_extensions(given("CREATE TABLE a ()", statement)) == names


def test_no_schema_needs_none() -> None:
    assert needed_extensions(None) == ()


@pytest.mark.docker
def test_what_postgresql_lacks_is_named(docker_provider: DockerProvider) -> None:
    deadline = Deadline.after(120)
    with docker_provider.open(SandboxSpec(run_id=f"test-{uuid4().hex[:12]}")) as sandbox:
        started = sandbox.exec(["start-postgres"], deadline=deadline)
        assert started.ok, started.output
        lacking = check_extensions(
            given("CREATE EXTENSION citext", "CREATE EXTENSION no_such_thing"), sandbox, deadline
        )
        assert lacking is not None
        assert lacking.status == "could_not_run"
        assert "needs the extension no_such_thing," in lacking.detail
        assert check_extensions(given("CREATE EXTENSION citext"), sandbox, deadline) is None
