"""Generated backends in the sandbox image: clean, migrated, and their own tests pass."""

from collections.abc import Iterator, Sequence
from uuid import uuid4

import pytest

from sandbox.base import Sandbox, SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tests.tools.components.blueprints import BOOKSHOP, HELPDESK, TINY
from tests.tools.components.lending import LENDING
from tests.tools.components.zoo import ZOO
from tools.blueprint.model import Blueprint
from tools.components import emit_backend

pytestmark = pytest.mark.docker

URL = "postgresql://postgres@127.0.0.1:5432/backend"


@pytest.fixture(
    scope="module",
    params=[BOOKSHOP, HELPDESK, LENDING, TINY, ZOO],
    ids=lambda blueprint: blueprint.name,
)
def backend(
    request: pytest.FixtureRequest, docker_provider: DockerProvider
) -> Iterator[tuple[Blueprint, Sandbox]]:
    blueprint: Blueprint = request.param
    files = {path: text.encode() for path, text in emit_backend(blueprint).items()}
    spec = SandboxSpec(run_id=f"test-{uuid4().hex[:12]}")
    with docker_provider.open(spec) as sandbox:
        sandbox.put(files)
        run(sandbox, ["start-postgres", "backend"])
        yield blueprint, sandbox


def run(sandbox: Sandbox, argv: Sequence[str], **env: str) -> str:
    result = sandbox.exec(argv, deadline=Deadline.after(240), env=env)
    assert result.ok, result.output
    return result.output


@pytest.mark.parametrize(
    "argv", [["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"]], ids=" ".join
)
def test_it_is_clean(backend: tuple[Blueprint, Sandbox], argv: list[str]) -> None:
    _, sandbox = backend
    run(sandbox, argv)


def test_its_migrations_go_up_and_down_and_match_its_models(
    backend: tuple[Blueprint, Sandbox],
) -> None:
    blueprint, sandbox = backend
    names = blueprint.conventions.environment
    env = {names.environment: "production", names.database_url: URL}
    run(sandbox, ["sh", "-c", blueprint.conventions.commands.migrate], **env)
    assert "No new upgrade operations" in run(sandbox, ["alembic", "check"], **env)
    run(sandbox, ["alembic", "downgrade", "base"], **env)


def test_its_own_tests_pass(backend: tuple[Blueprint, Sandbox]) -> None:
    blueprint, sandbox = backend
    env = {blueprint.conventions.environment.test_database_url: URL}
    output = run(sandbox, ["sh", "-c", f"{blueprint.conventions.commands.test} -o addopts="], **env)
    assert " passed" in output
    assert "skipped" not in output


def test_it_does_not_start_in_production_without_secrets(
    backend: tuple[Blueprint, Sandbox],
) -> None:
    blueprint, sandbox = backend
    argv = ["sh", "-c", blueprint.conventions.commands.start]
    result = sandbox.exec(argv, deadline=Deadline.after(60))
    assert result.exit_code == 1
    assert "Cannot start: " in result.output
    assert "Traceback" not in result.output
