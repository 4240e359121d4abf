"""The journal: one file of JSON lines that is the run's only memory.

Each line is `{"seq": n, "prev": sha256 of the line before, "event": {...}}`, written with one
fsync, so a line that is there is there for good. A last line that was cut off by a crash is
dropped when the journal is opened; damage anywhere else is an error. One writer at a time.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import JournalError, RunError
from agent.events import Event

GENESIS = "0" * 64
"""`prev` of the first line."""


class Record(BaseModel):
    """One line."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    seq: int
    prev: str
    event: Event


class Journal:
    """An open journal. Use it as a context manager; closing gives up the lock."""

    def __init__(self, path: Path) -> None:
        """Open (or create) the journal and lock it.

        Raises:
            RunError: another process has it open.
            JournalError: a line other than the last is damaged.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BufferedRandom = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise RunError(
                f"another process is working on {path.parent.name!r}; wait for it"
            ) from None
        self.events: list[Event] = []
        """What was in it when it was opened."""
        self._seq, self._prev, end = 0, GENESIS, 0
        for record, line in _read_records(path):
            self.events.append(record.event)
            self._seq, self._prev, end = record.seq, _digest(line), end + len(line)
        self._file.truncate(end)

    def append(self, event: Event) -> None:
        """Write one event; it is on the disk when this returns. Raises OSError (disk full)."""
        record = Record(seq=self._seq + 1, prev=self._prev, event=event)
        line = record.model_dump_json(exclude_defaults=False).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._seq, self._prev = record.seq, _digest(line)

    def close(self) -> None:
        """Give up the lock."""
        if not self._file.closed:
            # Closing alone is too little: a git that another thread is starting has a copy.
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_journal(path: Path) -> list[Event]:
    """The events of a journal, without locking it. Raises JournalError, FileNotFoundError."""
    return [record.event for record, _ in _read_records(path)]


def _read_records(path: Path) -> Iterator[tuple[Record, bytes]]:
    """Each good record with its line; stops before a torn last line."""
    lines = path.read_bytes().splitlines(keepends=True)
    prev = GENESIS
    for number, line in enumerate(lines, start=1):
        try:
            record = Record.model_validate_json(line)
        except ValidationError as exc:
            if number == len(lines):
                return
            raise _damaged(path, number, "it is not a valid record") from exc
        if record.seq != number or record.prev != prev:
            raise _damaged(path, number, "it does not follow from the line before")
        if not line.endswith(b"\n"):
            return
        prev = _digest(line)
        yield record, line


def _damaged(path: Path, number: int, why: str) -> JournalError:
    return JournalError(
        f"{path}:{number}: {why}. The {number - 1} lines before it are intact: copy the file, keep "
        f"those (`head -n {number - 1}`), and resume the run from there."
    )


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
