"""The folders of runs: one a run, named by its id, with all that is known about it.

runs/<run id>/journal.jsonl    what happened
              workspace/       the files as they are
              repository.git/  every recorded tree (private, bare)
              artifacts/       what the caller gets
"""

import hashlib
import os
import platform
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.errors import JournalError, RunError
from agent.events import Event
from agent.journal import read_journal
from agent.state import RunState

ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""Without letters and digits that are mistaken for one another."""


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps its things."""

    path: Path

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def owner(self) -> str:
        """Whose machines they are: no run of another folder, user or host has the same.

        Ids alone are not enough: two callers of one engine may both name a task `nightly`.
        """
        place = f"{platform.node()}:{os.getuid()}:{self.path.resolve()}"
        return f"{self.run_id}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"

    @property
    def journal(self) -> Path:
        """The run's memory."""
        return self.path / "journal.jsonl"

    @property
    def workspace(self) -> Path:
        """The files that the model works on."""
        return self.path / "workspace"

    @property
    def repository(self) -> Path:
        """The private bare repository."""
        return self.path / "repository.git"

    @property
    def artifacts(self) -> Path:
        """What the caller gets."""
        return self.path / "artifacts"


@dataclass(frozen=True)
class RunSummary:
    """A line of `list`."""

    run_id: str
    started_at: datetime | None
    title: str
    model: str
    status: str
    """How it ended; `open` when it did not (running, or killed); `damaged`."""
    steps: int
    branch: str | None


def new_run_id() -> str:
    """A fresh id of eight characters."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(8))


def run_folder(state_dir: Path, run_id: str) -> RunFolder:
    """The folder of that run, there or not."""
    return RunFolder(state_dir / "runs" / run_id)


def has_begun(folder: RunFolder) -> bool:
    """Whether the run's first event is on the disk. Raises JournalError."""
    return folder.journal.exists() and bool(read_journal(folder.journal))


def find_run(state_dir: Path, prefix: str) -> RunFolder:
    """The one run whose id starts so.

    Raises:
        RunError: none does, or several do.
    """
    folders = [f for f in _folders(state_dir) if f.run_id.startswith(prefix)]
    exact = [f for f in folders if f.run_id == prefix]
    if len(exact or folders) == 1:
        return (exact or folders)[0]
    if folders:
        names = ", ".join(folder.run_id for folder in folders)
        raise RunError(f"{prefix!r} is not unique: {names}")
    raise RunError(f"there is no run {prefix!r}; `python -m agent list` shows them")


def load_events(folder: RunFolder) -> list[Event]:
    """The run's events. Raises JournalError."""
    return read_journal(folder.journal)


def list_runs(state_dir: Path) -> list[RunSummary]:
    """Every run, the newest last."""
    rows = [_summary(folder) for folder in _folders(state_dir)]
    return sorted(rows, key=lambda row: (row.started_at is not None, str(row.started_at)))


def _folders(state_dir: Path) -> list[RunFolder]:
    runs = state_dir / "runs"
    found = runs.iterdir() if runs.is_dir() else []
    return [folder for folder in map(RunFolder, sorted(found)) if folder.journal.is_file()]


def _summary(folder: RunFolder) -> RunSummary:
    try:
        state = RunState(load_events(folder))
    except JournalError:
        return RunSummary(folder.run_id, None, "", "", "damaged", 0, None)
    started = state.started
    if started is None:
        return RunSummary(folder.run_id, None, "", "", "open", 0, None)
    title = state.frozen.title if state.frozen else started.spec_name
    status = state.ended.reason if state.ended else "open"
    branch = state.committed.branch if state.committed else None
    return RunSummary(folder.run_id, started.at, title, started.model, status, state.steps, branch)
