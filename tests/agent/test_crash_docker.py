"""A builtin run with real sandboxes, killed at one place a day; `make crash-docker` tries all."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.events import Committed, Event, RunEnded, VerdictReached
from agent.git import run_git
from agent.journal import read_journal
from agent.runs import RunFolder
from sandbox.base import SandboxProvider
from tests.agent.test_backend_agent import SPEC


class Kill(NamedTuple):
    """When to kill the process."""

    event: str
    """Last event on the disk: its kind, and for a call the tool's name."""
    delay_s: float = 0.0


KILLS = (
    Kill("blueprint_frozen"),
    Kill("tool_called generate_code", 0.1),
    Kill("tool_called run_tests", 2.0),
    Kill("tool_returned run_tests"),
    Kill("tool_called finish", 1.0),
    Kill("tool_called finish", 6.0),
    Kill("verdict_reached"),
)
TODAYS = datetime.now(UTC).toordinal() % len(KILLS)
TRIED = KILLS if os.environ.get("CRASH_ALL") else KILLS[TODAYS : TODAYS + 1]


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "agent", *words, "-c", f"state_dir={folder / 'state'}"]


def start(folder: Path) -> list[str]:
    (folder / "notes.md").write_text(SPEC)
    spec, repository = str(folder / "notes.md"), str(folder / "repo")
    return command(folder, "run", spec, "--repo", repository, "--model", "builtin")


def journal_of(folder: Path) -> Path | None:
    return next((folder / "state").glob("runs/*/journal.jsonl"), None)


def names_of(folder: Path) -> list[str]:
    path = journal_of(folder)
    events = read_journal(path) if path else []
    return [" ".join(filter(None, [e.kind, getattr(e, "name", "")])) for e in events]


def outcome(folder: Path) -> tuple[str, bool, str, int]:
    """(end, verdict, tree on the branch, commits on it)."""
    path = journal_of(folder)
    assert path is not None
    events: list[Event] = read_journal(path)
    assert isinstance(events[-1], RunEnded)
    verdict = [e for e in events if isinstance(e, VerdictReached)][-1]
    commit = [e for e in events if isinstance(e, Committed)][-1]
    tree = run_git(folder / "repo", "rev-parse", f"{commit.branch}^{{tree}}")
    count = run_git(folder / "repo", "rev-list", "--count", "--all")
    return events[-1].reason, verdict.verdict.passed, tree, int(count)


@pytest.fixture(scope="module")
def undisturbed(
    docker_provider: SandboxProvider, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, bool, str, int]:
    folder = tmp_path_factory.mktemp("undisturbed")
    subprocess.run(start(folder), check=True, capture_output=True)
    return outcome(folder)


@pytest.mark.docker
@pytest.mark.parametrize("kill", TRIED, ids=lambda kill: f"{kill.event}+{kill.delay_s}")
def test_a_killed_builtin_run_goes_on_to_the_same_branch(
    tmp_path: Path,
    docker_provider: SandboxProvider,
    undisturbed: tuple[str, bool, str, int],
    kill: Kill,
) -> None:
    with subprocess.Popen(start(tmp_path), stdout=subprocess.DEVNULL) as child:
        while kill.event not in names_of(tmp_path):
            assert child.poll() is None, "it ended before that event"
            time.sleep(0.01)
        time.sleep(kill.delay_s)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    path = journal_of(tmp_path)
    assert path is not None
    run_id = path.parent.name
    subprocess.run(command(tmp_path, "resume", run_id), check=True, capture_output=True)
    assert outcome(tmp_path) == undisturbed
    assert docker_provider.reap(RunFolder(path.parent).owner) == 0, (
        "no container of the run is left"
    )
