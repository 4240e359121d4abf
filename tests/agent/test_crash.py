"""SIGKILL anywhere, start again: the same tree, the same verdict, one commit."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.events import Committed, RunEnded, VerdictReached
from agent.git import run_git
from agent.journal import read_journal

EVENTS_OF_A_RUN = 14
SHIM = """#!/bin/sh
case "$*" in
*" fetch "*)
    if [ ! -e "{marker}" ]; then
        touch "{marker}"
        {before}
        kill -9 $PPID
        exit 1
    fi ;;
esac
exec {git} "$@"
"""


def run_child(folder: Path, point: str) -> int:
    command = [sys.executable, "-m", "tests.agent.crash_child", str(folder), point]
    return subprocess.run(command, check=False, capture_output=True).returncode


def make_shim(folder: Path, *, fetch_first: bool) -> None:
    """A git in the folder that kills its caller around the first fetch."""
    git = shutil.which("git")
    before = f'{git} "$@"' if fetch_first else ":"
    shim = folder / "git"
    shim.write_text(SHIM.format(marker=folder / "killed", git=git, before=before))
    shim.chmod(0o755)


def facts(folder: Path) -> tuple[str, bool, str, str]:
    """(end, verdict, tree, commit) of a finished run."""
    events = read_journal(folder / "journal.jsonl")
    end = next(e for e in reversed(events) if isinstance(e, RunEnded))
    verdict = next(e for e in reversed(events) if isinstance(e, VerdictReached))
    committed = next(e for e in reversed(events) if isinstance(e, Committed))
    assert run_git(folder / "target", "rev-list", "--count", committed.branch) == "1"
    assert run_git(folder / "target", "rev-parse", committed.branch) == committed.commit
    return end.reason, verdict.verdict.passed, committed.tree, committed.commit


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bool, str, str]:
    folder = tmp_path_factory.mktemp("whole")
    assert run_child(folder, "none") == 0
    assert len(read_journal(folder / "journal.jsonl")) == EVENTS_OF_A_RUN + 1
    return facts(folder)


POINTS = [
    "tool",
    "fetch-before",
    "fetch-after",
    *(f"event:{number}" for number in range(1, EVENTS_OF_A_RUN + 1)),
]


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_goes_on_to_the_same_end(
    tmp_path: Path, point: str, uninterrupted: tuple[str, bool, str, str]
) -> None:
    if point.startswith("fetch"):
        make_shim(tmp_path, fetch_first=point == "fetch-after")
    assert run_child(tmp_path, point) == -signal.SIGKILL
    assert run_child(tmp_path, point) == 0
    assert facts(tmp_path) == uninterrupted
