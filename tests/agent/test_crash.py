"""Whatever ends a process: start again, and there is the same tree, the same verdict, one commit.

`make crash-matrix` tries every boundary; here it is those in and after each journal line of one of
its runs, and every eighth of the others, from a place that moves with the day.
"""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.errors import JournalError, RunError
from agent.events import Event
from agent.journal import Journal, read_journal
from agent.runs import find_run
from agent.state import RunState
from agent.task import Budget
from sandbox.memory import MemoryProvider
from tests.agent.crash_boundaries import AT_WORK, BOUNDARIES, HAS_WORKED, Boundaries, kind_of
from tests.agent.crash_matrix import (
    DISK_ERROR,
    Facts,
    facts_of,
    forked,
    in_process,
    resume,
    run_whole,
)
from tests.agent.crash_scenarios import EVERY_TOOL
from tests.agent.test_backend_agent import make_agent, make_task
from tests.agent.test_journal import DATA
from tools.defaults import DEFAULT_TOOLS

EVERY = 8
SHIM = """#!/bin/sh
case "$*" in
*" {command} "*)
    if [ ! -e "{marker}" ]; then
        touch "{marker}"
        {before}
        kill -9 $PPID
        exit 1
    fi ;;
esac
exec {git} "$@"
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run_whole(folder)
    return folder


@pytest.fixture(scope="module")
def wanted(whole: Path) -> Facts:
    return facts_of(whole)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_every_kind_of_boundary_is_met_and_every_tool_is_used(whole: Path, tmp_path: Path) -> None:
    mixed = json.loads((whole / "boundaries.json").read_text())
    _, tools = run_whole(tmp_path / "tools", EVERY_TOOL)
    assert {kind_of(name) for name in [*mixed, *tools]} == BOUNDARIES.keys()
    for opening in (AT_WORK, HAS_WORKED):
        used = {name.removeprefix(opening) for name in tools if name.startswith(opening)}
        left_out = {tool.name for tool in DEFAULT_TOOLS} - used
        assert not left_out, "add a call of it to EVERY_TOOL"


def test_killed_at_a_boundary_it_goes_on_to_the_same_end() -> None:
    offset = datetime.now(UTC).toordinal() % EVERY
    command = [sys.executable, "-m", "tests.agent.crash_matrix"]
    command += ["--every", str(EVERY), "--offset", str(offset)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    matrix = json.loads(done.stdout)
    assert matrix["points"] >= 90
    assert matrix["unequal"] == {}
    assert matrix["equal"] == matrix["points"]


@pytest.mark.parametrize("ran", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["commit-tree", "update-ref", "fetch"])
def test_killed_around_a_git_command(
    folder: Path, wanted: Facts, command: str, *, ran: bool
) -> None:
    git = shutil.which("git")
    before = f'{git} "$@"' if ran else ":"
    shim = folder.parent / "git"
    shim.write_text(
        SHIM.format(command=command, marker=folder.parent / "killed", git=git, before=before)
    )
    shim.chmod(0o755)
    path = f"{folder.parent}:{os.environ['PATH']}"
    assert in_process(folder, prepare=lambda: os.environ.update(PATH=path)) == -signal.SIGKILL
    assert resume(folder) == wanted


@pytest.mark.parametrize("at", range(1, 13))
def test_killed_while_it_is_begun_the_same_task_begins_anew(tmp_path: Path, at: int) -> None:
    def begin(boundaries: Boundaries) -> None:
        boundaries.watch()
        make_agent(tmp_path, MemoryProvider()).execute_task(
            make_task(tmp_path, budget=Budget(max_steps=1))
        )

    assert forked(lambda: begin(Boundaries(tmp_path / "journal", at))) == -signal.SIGKILL
    result = make_agent(tmp_path, MemoryProvider()).execute_task(
        make_task(tmp_path, budget=Budget(max_steps=1))
    )
    assert (result.status, result.steps) == ("budget_steps", 1)
    assert sorted(path.name for path in (tmp_path / "repo").iterdir()) == [".git"]
    assert [path.name for path in (tmp_path / "state" / "runs").iterdir()] == ["notes-1"]
    assert not list((tmp_path / "state").rglob("*.tmp"))


def raising(number: int) -> Callable[[], None]:
    def act() -> None:
        raise OSError(number, os.strerror(number))

    return act


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("at", range(3, 160, 26))
def test_a_disk_that_refuses_ends_the_process_and_loses_nothing(
    folder: Path, wanted: Facts, capfd: pytest.CaptureFixture[str], number: int, at: int
) -> None:
    assert in_process(folder, at, raising(number)) == DISK_ERROR
    assert os.strerror(number) in capfd.readouterr().err
    assert resume(folder) == wanted


@pytest.mark.parametrize("max_bytes", [700, 2_000, 5_000, 12_000])
def test_a_disk_that_fills_up_in_the_middle_of_a_line(
    folder: Path, wanted: Facts, max_bytes: int
) -> None:
    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))

    assert in_process(folder, prepare=fill) == DISK_ERROR
    assert (folder / "journal.jsonl").stat().st_size <= max_bytes
    assert resume(folder) == wanted


def test_damage_in_the_middle_says_what_can_be_saved_and_that_works(
    folder: Path, whole: Path, wanted: Facts
) -> None:
    lines = (whole / "journal.jsonl").read_bytes().splitlines(keepends=True)
    journal = folder / "journal.jsonl"
    journal.write_bytes(b"".join([*lines[:12], lines[12][:-20] + b"#" * 20, *lines[13:]]))
    with pytest.raises(JournalError, match=r"journal.jsonl:13: .*`head -n 12`"):
        read_journal(journal)
    for kept in ("repository.git", "target", "workspace"):
        shutil.copytree(whole / kept, folder / kept)
    journal.write_bytes(b"".join(lines[:12]))
    (folder / "target" / ".git" / "refs" / "heads" / "agent" / "tiny-r1").unlink()
    got = resume(folder)
    assert isinstance(got, Facts)
    assert got == wanted


def test_a_second_process_on_the_same_run_is_refused(folder: Path, wanted: Facts) -> None:
    pid = os.fork()
    if pid == 0:
        with Journal(folder / "journal.jsonl"):
            (folder / "locked").touch()
            time.sleep(60)
    while not (folder / "locked").exists():
        time.sleep(0.01)
    with pytest.raises(RunError, match="another process is working on 'run'; wait for it"):
        Journal(folder / "journal.jsonl")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert resume(folder) == wanted, "the lock dies with the process"


def test_a_lock_that_a_killed_git_left_is_in_nobodys_way(folder: Path, wanted: Facts) -> None:
    assert in_process(folder, 150) == -signal.SIGKILL
    locks = folder / "repository.git" / "refs" / "heads" / "agent"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "tiny-r1.lock").touch()
    assert resume(folder) == wanted


def at_times(events: list[Event], seconds: Sequence[float]) -> list[Event]:
    start = datetime(2026, 1, 2, tzinfo=UTC)
    times = [start + timedelta(seconds=second) for second in seconds]
    return [event.model_copy(update={"at": at}) for event, at in zip(events, times, strict=False)]


JUMPS: dict[str, Callable[[int], float]] = {
    "set forward": lambda number: 86_400.0 * number,
    "set back": lambda number: -86_400.0 * number,
    "to and fro": lambda number: (-1) ** number * 86_400.0 * number,
}


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_is_set_makes_no_difference(tmp_path: Path, jump: str) -> None:
    agent = make_agent(tmp_path, MemoryProvider())
    started = time.monotonic()
    agent.execute_task(make_task(tmp_path, budget=Budget(max_steps=2)))
    journal = find_run(tmp_path / "state", "notes-1").journal
    events = read_journal(journal)
    journal.unlink()
    with Journal(journal) as rewritten:
        for event in at_times(events, [JUMPS[jump](number) for number in range(len(events))]):
            rewritten.append(event)
    again = agent.resume("notes-1", budget=Budget(max_steps=20, max_minutes=5))
    assert again.status == "unmet", "it went on to its end, and did not run out of time"
    assert 0 < again.seconds < time.monotonic() - started


def test_a_journal_without_the_monotonic_clock_gives_no_time_back() -> None:
    events = read_journal(DATA / "journal-schema-2.jsonl")
    assert RunState(at_times(events, [0, 10, 20, -3600, -3590, -3580])).active_s == 40
