"""Starting a machine: its folder, its groups, its guard, and the guest's first word."""

import marshal
import os
import secrets
import select
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.base import Limits, SandboxSpec, SandboxStartError
from sandbox.jail.binary import find_bwrap, remedy
from sandbox.jail.cgroup import Groups, make_groups
from sandbox.jail.command import machine_argv, machine_data, tmpfs_options
from sandbox.jail.environment import environment_folder
from sandbox.jail.order import Order
from sandbox.jail.registry import make_place

GUARD = Path(__file__).with_name("guard.py")
START_S = 30
END_S = 10
OPEN_FILES = 4096
FIRST_USER, USERS = 1_900_000_000, 2**24
"""Root's machines run as users of this range, one each; systemd's table of users leaves it free
(https://systemd.io/UIDS-GIDS)."""


@dataclass(frozen=True)
class Launched:
    """A machine that waits for commands."""

    guard: "subprocess.Popen[bytes]"
    control: socket.socket
    groups: Groups
    user: int | None
    """Whom root became for it; None: ourselves."""
    pid: int
    """A process in its namespaces of users and network."""

    def end(self) -> None:
        """Kill everything in the machine and wait for it; may be repeated."""
        end_guard(self.guard)
        self.control.close()


def launch(spec: SandboxSpec, neighbor: Launched | None) -> Launched:
    """Start a machine, on the loopback of another if one is given.

    Raises:
        SandboxStartError: the text quotes what bwrap said, and names a remedy.
    """
    environment = environment_folder()
    if not environment.exists():
        raise SandboxStartError(
            "the sandbox environment is missing: build it with "
            "`python -m agent sandbox build --sandbox bubblewrap`"
        )
    bwrap = find_bwrap(environment)
    user = neighbor.user if neighbor else _choose_user()
    with ExitStack() as once_started, ExitStack() as on_failure:
        place = make_place()
        once_started.callback(os.close, place.lock_fd)
        groups = make_groups(place.name, spec.limits)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        once_started.enter_context(theirs)
        data = {path: _in_memory(content) for path, content in machine_data().items()}
        for fd in data.values():
            once_started.callback(os.close, fd)
        guest = [str(theirs.fileno()), str(spec.limits.pids)]
        order: Order = {
            "argv": machine_argv(bwrap, environment, place.folder, data, guest),
            "machine_fds": [theirs.fileno(), *data.values()],
            "lock_fd": place.lock_fd,
            "folder": str(place.folder),
            "tmpfs": tmpfs_options(spec.limits),
            "cgroups": [str(folder) for folder in groups.folders],
            "rlimits": _rlimits(spec.limits, groups),
            "user": user,
            "neighbor": neighbor.pid if neighbor else None,
            "ttl_s": spec.limits.ttl_s,
        }
        guard = _start_guard(order, [theirs.fileno(), *data.values(), place.lock_fd])
        on_failure.callback(end_guard, guard)
        on_failure.callback(ours.close)
        place.label(spec, guard.pid, groups)
        theirs.close()
        pid = _wait_until_ready(guard, ours)
        on_failure.pop_all()
    return Launched(guard, ours, groups, user, pid)


def end_guard(guard: "subprocess.Popen[bytes]") -> str:
    """Let a guard kill its machine, wait until it has; returns what went wrong. May be repeated."""
    with suppress(BrokenPipeError):
        _pipe(guard.stdin).close()
    try:
        guard.wait(END_S)
    except subprocess.TimeoutExpired:
        guard.kill()  # the kernel then kills the machine: bwrap's --die-with-parent
        guard.wait()
    _pipe(guard.stdout).close()
    errors = _pipe(guard.stderr)
    if errors.closed:
        return ""
    with errors:
        return errors.read().decode(errors="replace").strip()


def _start_guard(order: Order, fds: list[int]) -> "subprocess.Popen[bytes]":
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=fds,
        env={},  # bwrap's own environment can be read from inside
        cwd="/",
        start_new_session=True,
    )
    _pipe(guard.stdin).write(marshal.dumps(dict(order)))
    _pipe(guard.stdin).flush()
    return guard


def _wait_until_ready(guard: "subprocess.Popen[bytes]", control: socket.socket) -> int:
    ready, _, _ = select.select([control], [], [], START_S)
    if not ready or control.recv(16) != b"ready":
        said = end_guard(guard) or "nothing"
        raise SandboxStartError(f"the machine did not start; bwrap said: {said}; {remedy()}")
    return int(_pipe(guard.stdout).readline())


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "guards are started with pipes"
    return stream


def _choose_user() -> int | None:
    return FIRST_USER + secrets.randbelow(USERS) if os.geteuid() == 0 else None


def _rlimits(limits: Limits, groups: Groups) -> dict[str, int]:
    """Per process; what holds where no group can be made."""
    rlimits = {"RLIMIT_NOFILE": OPEN_FILES, "RLIMIT_CORE": 0}
    if "memory" not in groups.enforced:
        rlimits["RLIMIT_AS"] = limits.memory_mib * 2**20
    return rlimits


def _in_memory(content: bytes) -> int:
    fd = os.memfd_create("machine")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
