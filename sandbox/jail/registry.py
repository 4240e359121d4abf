"""The machines of this user: a folder each, locked for as long as its guard lives."""

import fcntl
import json
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.base import SandboxSpec
from sandbox.jail.cgroup import Groups
from sandbox.jail.command import FOLDERS
from sandbox.jail.environment import cache_folder

LABEL = "machine.json"
LOCK = "lock"


@dataclass(frozen=True)
class Place:
    """A machine's folder, locked."""

    folder: Path
    lock_fd: int

    @property
    def name(self) -> str:
        """Unique on this host."""
        return self.folder.name

    def label(self, spec: SandboxSpec, guard: int, groups: Groups) -> None:
        """Say whose machine it is, so that `reap` finds it."""
        label = {
            "run": spec.run_id,
            "role": spec.role,
            "guard": guard,
            "groups": [str(folder) for folder in groups.folders],
        }
        (self.folder / LABEL).write_text(json.dumps(label), encoding="utf-8")


def make_place() -> Place:
    """A new folder with all that the guard mounts on."""
    folder = cache_folder() / "machines" / secrets.token_hex(8)
    folder.mkdir(parents=True)
    for above in (folder, folder.parent, folder.parent.parent):
        above.chmod(0o755)  # root's machines run as another user, who has to pass
    lock_fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock_fd, fcntl.LOCK_EX)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o755)
    return Place(folder, lock_fd)


def reap_machines(run_id: str) -> int:
    """Kill that run's machines and remove what dead ones of it left; returns how many lived."""
    living = 0
    for folder, label in _labeled():
        if label.get("run") != run_id:
            continue
        with suppress(FileNotFoundError), (folder / LOCK).open("w") as lock:
            if not _try_lock(lock.fileno()):
                living += 1
                with suppress(ProcessLookupError):
                    os.kill(int(str(label["guard"])), signal.SIGTERM)
                fcntl.flock(lock, fcntl.LOCK_EX)  # the guard lets go when all are dead
            _remove(folder, label)
    return living


def _labeled() -> Iterator[tuple[Path, dict[str, object]]]:
    for file in (cache_folder() / "machines").glob(f"*/{LABEL}"):
        with suppress(OSError, ValueError):
            yield file.parent, json.loads(file.read_text(encoding="utf-8"))


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path, label: dict[str, object]) -> None:
    groups = label["groups"]
    assert isinstance(groups, list), "written by Place.label"
    Groups(tuple(map(Path, groups))).remove()
    shutil.rmtree(folder, ignore_errors=True)
