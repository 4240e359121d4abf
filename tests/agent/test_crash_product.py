"""The product as it is called: killed at boundaries of a builtin run, and asked for the task again.

Machines are played; test_crash_docker.py does the same with real ones, at fewer places. CI takes
every fortieth boundary, from a place that moves with the day; CRASH_ALL=1 tries all.
"""

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.events import Committed, RunEnded, ToolReturned
from agent.git import run_git
from agent.journal import read_journal
from tests.agent.crash_boundaries import Boundaries
from tests.agent.crash_matrix import forked, keep_temporary_files_in, sample
from tests.agent.played_machines import PlayedMachines
from tests.agent.test_backend_agent import make_agent, make_task

EVERY = 1 if os.environ.get("CRASH_ALL") else 40


def work(folder: Path, at: int | None = None) -> int:
    """Ask for the task in a process that is killed at that boundary; how it ended."""

    def ask() -> None:
        keep_temporary_files_in(folder / "temporary")
        boundaries = Boundaries(folder / "state" / "runs" / "notes-1" / "journal.jsonl", at)
        boundaries.watch()
        make_agent(folder, PlayedMachines()).execute_task(make_task(folder))
        (folder / "boundaries.json").write_text(json.dumps(boundaries.names))

    return forked(ask)


def outcome(folder: Path) -> dict[str, object]:
    run = folder / "state" / "runs" / "notes-1"
    events = read_journal(run / "journal.jsonl")
    paths = [path.name for path in run.rglob("*")]
    return {
        "ends": [event.reason for event in events if isinstance(event, RunEnded)],
        "calls": [event.name for event in events if isinstance(event, ToolReturned)],
        "trees": [event.tree for event in events if isinstance(event, Committed)],
        "commits": run_git(folder / "repo", "rev-list", "--count", "--branches"),
        "branch": run_git(folder / "repo", "for-each-ref", "--format=%(refname)"),
        "artifacts": sorted(path.name for path in (run / "artifacts").iterdir()),
        "leftovers": [name for name in paths if name.endswith((".lock", ".tmp"))],
        "runs": [path.name for path in run.parent.iterdir()],
        "temporary": [path.name for path in (folder / "temporary").iterdir()],
        "target": [path.name for path in (folder / "repo").iterdir()],
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    assert work(folder) == 0
    return folder


def test_a_killed_builtin_run_is_finished_by_asking_again(whole: Path, tmp_path: Path) -> None:
    wanted = outcome(whole)
    assert (wanted["ends"], wanted["commits"], wanted["temporary"]) == (["verified"], "1", [])
    names = json.loads((whole / "boundaries.json").read_text())
    numbers = sample(names, EVERY, datetime.now(UTC).toordinal())
    assert len(numbers) >= len(names) // EVERY
    for number in numbers:
        folder = tmp_path / str(number)
        folder.mkdir()
        assert work(folder, number) == -signal.SIGKILL
        assert work(folder) == 0
        assert outcome(folder) == wanted, f"killed at {number}, {names[number - 1]}"
