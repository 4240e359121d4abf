"""The bwrap command of a machine: what it sees, and nothing else."""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox.base import WORKSPACE, Limits
from sandbox.container import MIN_TMP_MIB, SECCOMP
from sandbox.jail.environment import base_python, machine_environment
from sandbox.jail.seccomp import compile_filter

GUEST = Path(__file__).with_name("guest.py")
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Beside /usr; links into it on most systems."""
ETC = {
    "passwd": b"root:x:0:0::/:/bin/false\nsandbox:x:1000:1000::/home/sandbox:/bin/sh\n",
    "group": b"root:x:0:\nsandbox:x:1000:\n",
    "hosts": b"127.0.0.1 localhost\n",
    "nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files dns\n",
}
FOLDERS = {
    "workspace": WORKSPACE,
    "home": "/home/sandbox",
    "run": "/run",
    "tmp": "/tmp",  # noqa: S108 - inside it
    "shm": "/dev/shm",  # noqa: S108 - inside it
}
"""Folder that the guard makes in memory -> where it is in the machine."""


def tmpfs_options(limits: Limits) -> dict[str, tuple[str, str]]:
    """The guard's folders: mount options, and whether programs may be executed from it."""
    tmp_mib = max(MIN_TMP_MIB, limits.memory_mib // 4)
    return {
        "workspace": (f"mode=0755,size={limits.workspace_mib}m,nr_inodes={limits.workspace_files}",
                      "exec"),
        "home": ("mode=0755,size=64m,nr_inodes=5000", "noexec"),
        "run": ("mode=0755,size=16m,nr_inodes=1000", "noexec"),
        "tmp": (f"mode=1777,size={tmp_mib}m,nr_inodes=20000", "noexec"),
        "shm": ("mode=1777,size=64m,nr_inodes=1000", "noexec"),
    }  # fmt: skip


def machine_argv(
    bwrap: Path, environment: Path, folder: Path, data: Mapping[str, int], guest: list[str]
) -> list[str]:
    """The command.

    Args:
        bwrap: the program.
        environment: what `ensure_environment` built.
        folder: where the guard makes the machine's folders.
        data: path in the machine, or `seccomp` -> descriptor to read the content from.
        guest: arguments of guest.py.
    """
    argv = [str(bwrap), "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    argv += ["--unshare-cgroup-try", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox"]
    argv += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in machine_environment().items():
        argv += ["--setenv", name, value]
    argv += _system(environment)
    argv += ["--proc", "/proc", "--dev", "/dev"]
    for name, target in FOLDERS.items():
        argv += ["--bind", str(folder / name), target]
    for path, fd in data.items():
        argv += ["--seccomp", str(fd)] if path == "seccomp" else ["--ro-bind-data", str(fd), path]
    argv += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORKSPACE]
    return [*argv, "--", "/opt/venv/bin/python", "-I", "-S", "/guest.py", *guest]


def machine_data() -> dict[str, bytes]:
    """Files of the machine's own and its filter: path, or `seccomp` -> content."""
    files = {f"/etc/{name}": content for name, content in ETC.items()}
    program = compile_filter(SECCOMP.read_text(encoding="utf-8"), platform.machine())
    return {**files, "/guest.py": GUEST.read_bytes(), "seccomp": program}


def _system(environment: Path) -> Iterator[str]:
    """The host's programs and libraries, and the environment; all read-only."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in SYSTEM_FOLDERS:
        folder = Path("/", name)
        if folder.is_symlink():
            yield from ("--symlink", os.readlink(folder), str(folder))  # noqa: PTH115 - as written
        elif folder.exists():
            yield from ("--ro-bind", str(folder), str(folder))
    for name in ("ld.so.cache", "alternatives"):
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--ro-bind", str(environment / "opt"), "/opt")
    if (environment / "python").exists():
        yield from ("--ro-bind", str(environment / "python"), str(base_python()))
