"""Groups in a folder that stands for the kernel's: a group's files are there when it is made."""

from pathlib import Path

import pytest

from sandbox.base import Limits
from sandbox.jail.cgroup import Groups, make_groups

LIMITS = Limits(memory_mib=64, pids=9, cpus=1.5)


def write_own(folder: Path, *lines: str) -> Path:
    own = folder / "own"
    own.write_text("".join(f"{line}\n" for line in lines))
    return own


def test_version_two_uses_the_nearest_group_that_hands_on(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    above = root / "user.slice" / "mine.scope"
    above.mkdir(parents=True)
    (root / "cgroup.controllers").write_text("cpu memory pids")
    for folder in (root, root / "user.slice"):
        (folder / "cgroup.subtree_control").write_text("")
    (above / "cgroup.subtree_control").mkdir()  # writing fails, as where processes are
    groups = make_groups("m1", LIMITS, root, write_own(tmp_path, "0::/user.slice/mine.scope"))
    assert groups.folders == (root / "user.slice" / "backend-agent-m1",)
    assert groups.enforced == {"memory", "swap", "processes", "cpus"}
    written = {file.name: file.read_text() for file in groups.folders[0].iterdir()}
    assert written == {
        "memory.max": "67108864",
        "memory.swap.max": "0",
        "pids.max": "9",
        "cpu.max": "150000 100000",
    }


def test_version_one_uses_a_group_for_each_controller(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    for name in ("memory", "pids", "cpu,cpuacct"):
        (root / name / "inner").mkdir(parents=True)
    lines = ["4:memory:/inner", "8:pids:/inner", "1:cpu,cpuacct:/inner", "0::/"]
    groups = make_groups("m1", LIMITS, root, write_own(tmp_path, *lines))
    assert set(groups.folders) == {
        root / name / "inner" / "backend-agent-m1" for name in ("memory", "pids", "cpu,cpuacct")
    }
    assert groups.enforced == {"memory", "swap", "processes", "cpus"}


def test_where_no_group_can_be_made_nothing_is_enforced(tmp_path: Path) -> None:
    own = write_own(tmp_path, "4:memory:/inner", "8:pids:/inner")
    assert make_groups("m1", LIMITS, tmp_path / "missing", own) == Groups()


@pytest.mark.parametrize("file", ["memory.events", "memory.oom_control"])
def test_kills_for_memory_are_counted(tmp_path: Path, file: str) -> None:
    assert Groups((tmp_path,)).count_oom_kills() == 0
    (tmp_path / file).write_text("oom 3\noom_kill 2\n")
    assert Groups((tmp_path,)).count_oom_kills() == 2
