"""`local` runs commands, isolates nothing, and says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.verifier.verify import ISOLATING
from sandbox.base import Sandbox, SandboxSpec
from sandbox.local import LocalProvider
from sandbox.providers import make_provider
from tests.sandbox.conftest import is_gone, run


@pytest.fixture
def local() -> Iterator[Sandbox]:
    with LocalProvider().open(SandboxSpec(run_id="r")) as sandbox:
        yield sandbox


def test_it_warns_and_can_never_be_verified() -> None:
    said: list[str] = []
    provider = make_provider("local")
    provider.prepare(said.append)
    assert said[0].startswith("WARNING: --sandbox local isolates nothing")
    assert "never verified" in said[0]
    assert "nothing is isolated" in provider.describe()["sandbox"]
    assert provider.name not in ISOLATING


def test_files_and_commands_work_in_a_folder_that_stands_for_the_workspace(local: Sandbox) -> None:
    local.put({"sub/a.txt": b"one"})
    assert run(local, "cat", "/workspace/sub/a.txt").output == "one"
    assert run(local, "sh", "-c", "echo two > /workspace/b.txt; exit 3").exit_code == 3
    assert local.get() == {"sub/a.txt": b"one", "b.txt": b"two\n"}
    folder = Path(run(local, "pwd").output.strip())
    local.close()
    assert not folder.exists()


def test_the_environment_is_not_handed_on(local: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "secret-key")
    with LocalProvider().open(SandboxSpec(run_id="r")) as late:
        assert "secret-key" not in run(late, "env").output


def test_the_deadline_kills_children_too(local: Sandbox) -> None:
    pid = int(run(local, "sh", "-c", "sleep 100 >/dev/null 2>&1 & echo $!").output)
    assert run(local, "sleep", "100", seconds=0.3).stopped_by == "timeout"
    assert not local.alive
    assert is_gone(pid)


def test_reaping_closes_those_of_a_run() -> None:
    provider = LocalProvider()
    first, second = (provider.open(SandboxSpec(run_id=run_id)) for run_id in ("a", "b"))
    assert [provider.reap("a"), provider.reap("a")] == [1, 0]
    assert (first.alive, second.alive) == (False, True)
    second.close()
