"""The boundaries of a run: moments after which the disk, or the world, may look different."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

AUDITED = {"os.rename", "os.remove", "os.rmdir", "subprocess.Popen"}
"""Audit events (docs.python.org/3/library/audit_events.html) that come before a change."""
HALF_LINE, AFTER_LINE = "journal half-written", "after a journal line"
IN_MACHINE = "inside a command"
AT_WORK, HAS_WORKED = "at work: ", "has worked: "
"""Openings of the boundaries inside a tool; its name follows."""

BOUNDARIES = {
    "before fsync": "before each fsync (journal and git objects)",
    HALF_LINE: "in the middle of each journal line",
    AFTER_LINE: "after each journal line",
    "after fsync": "after each other fsync",
    "os.rename": "before each rename (workspace, git objects, artifacts)",
    "os.remove": "before each removal of a file",
    "os.rmdir": "before each removal of a folder",
    "subprocess.Popen": "before each git command",
    "inside a model call": "while the model is asked",
    "inside the verifier": "while the verifier judges",
    "before the packaging": "after the end, before the artifacts",
    "after the packaging": "after the artifacts",
    AT_WORK: "inside each tool, before it has changed anything",
    IN_MACHINE: "inside each command that a tool runs in the sandbox",
    HAS_WORKED: "inside each tool, after it has changed files and before anybody heard of it",
}
"""Kind of boundary (the opening of its name) -> what it is, for docs/reliability.md."""


def kind_of(name: str) -> str:
    """The key of `BOUNDARIES` that a boundary's name belongs to."""
    return next(kind for kind in BOUNDARIES if name.startswith(kind))


def die() -> None:
    """End this process as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Boundaries:
    """Counts the boundaries that this process passes, and does something at one of them."""

    journal: Path
    at: int | None
    act: Callable[[], None] = die
    names: list[str] = field(default_factory=list)

    def reach(self, name: str, prepare: Callable[[], None] = lambda: None) -> None:
        """One more boundary; `prepare` is called before the act at this one."""
        self.names.append(name)
        if len(self.names) == self.at:
            prepare()
            self.act()

    def watch(self) -> None:
        """From here on every fsync and audited change counts."""
        fsync = os.fsync
        written = self.journal.stat().st_size if self.journal.exists() else 0

        def watched_fsync(fd: int) -> None:
            nonlocal written
            self.reach("before fsync")
            status = os.fstat(fd)
            is_journal = self.journal.exists() and os.path.samestat(status, self.journal.stat())
            if is_journal:
                half = (written + status.st_size) // 2
                self.reach(HALF_LINE, lambda: os.ftruncate(fd, half))
                written = status.st_size
            fsync(fd)
            self.reach(AFTER_LINE if is_journal else "after fsync")

        os.fsync = watched_fsync  # type: ignore[assignment] # whoever calls it has a number
        sys.addaudithook(lambda name, _: self.reach(name) if name in AUDITED else None)
