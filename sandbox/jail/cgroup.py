"""Limits of memory, processes and CPU by the kernel's groups, where this user may make them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.base import Limits

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
CPU_PERIOD_US = 100_000
NAME = "backend-agent"


@dataclass(frozen=True)
class Groups:
    """The groups that hold one machine, or none where none can be made."""

    folders: tuple[Path, ...] = ()
    enforced: frozenset[str] = field(default_factory=frozenset)
    """Which of `memory`, `swap`, `processes` and `cpus` the kernel holds it to."""

    def count_oom_kills(self) -> int:
        """How many processes the kernel killed in it for want of memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                with suppress(OSError):
                    found = re.search(r"^oom_kill (\d+)$", (folder / name).read_text(), re.M)
                    return int(found[1]) if found else 0
        return 0

    def remove(self) -> None:
        """Remove what is left of them; a group with processes in it stays."""
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()


def make_groups(machine: str, limits: Limits, root: Path = ROOT, own: Path = OWN) -> Groups:
    """Groups for a machine of that name, below this process's own where that is possible.

    Args:
        machine: unique on this host.
        limits: written, then read back: what did not take is not `enforced`.
        root: where the groups are mounted.
        own: names this process's groups (proc(5)).
    """
    paths = dict(re.findall(r"^\d+:([^:]*):(.*)$", own.read_text(), re.MULTILINE))
    if (root / "cgroup.controllers").exists():
        return _make_unified(root, paths.get("", "/"), f"{NAME}-{machine}", limits)
    return _make_separate(root, paths, f"{NAME}-{machine}", limits)


def _make_unified(root: Path, own: str, name: str, limits: Limits) -> Groups:
    """Version 2: one group, in the nearest one above that can hand on its controllers."""
    for above in _upwards(root, own):
        folder = above / name
        try:
            (above / "cgroup.subtree_control").write_text("+memory +pids +cpu")
            folder.mkdir()
        except OSError:  # not ours, or it has processes of its own
            continue
        asked = {
            "memory": ("memory.max", str(limits.memory_mib * 2**20)),
            "swap": ("memory.swap.max", "0"),
            "processes": ("pids.max", str(limits.pids)),
            "cpus": ("cpu.max", f"{int(limits.cpus * CPU_PERIOD_US)} {CPU_PERIOD_US}"),
        }
        took = [limit for limit, (file, text) in asked.items() if _write(folder / file, text)]
        return Groups((folder,), frozenset(took))
    return Groups()


def _make_separate(root: Path, own: dict[str, str], name: str, limits: Limits) -> Groups:
    """Version 1: a group for each controller."""
    memory = str(limits.memory_mib * 2**20)
    quota = str(int(limits.cpus * CPU_PERIOD_US))
    asked = {
        "memory": {"memory": ("memory.limit_in_bytes", memory)},
        "pids": {"processes": ("pids.max", str(limits.pids))},
        "cpu": {"cpus": ("cpu.cfs_quota_us", quota)},
    }
    folders, took = [], []
    for controllers, path in own.items():
        for controller in asked.keys() & set(controllers.split(",")):
            folder = root / controllers / path.lstrip("/") / name
            try:
                folder.mkdir()
            except OSError:
                continue
            folders.append(folder)
            took += [
                limit
                for limit, (file, text) in asked[controller].items()
                if _write(folder / file, text)
            ]
            if controller == "memory" and _write(folder / "memory.memsw.limit_in_bytes", memory):
                took.append("swap")
    return Groups(tuple(folders), frozenset(took))


def _upwards(root: Path, own: str) -> Iterator[Path]:
    folder = root / own.lstrip("/")
    while folder != root:
        yield folder
        folder = folder.parent
    yield root


def _write(file: Path, text: str) -> bool:
    """Whether the kernel took the value."""
    try:
        file.write_text(text)
        return file.read_text().split() == text.split()
    except OSError:
        return False
