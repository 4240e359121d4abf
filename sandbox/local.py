"""No sandbox at all, for whoever asks for it by name: commands run on this machine, as this user.

The environment holds no secrets and the folder is a temporary one, but nothing keeps a command from
reading this user's files or using the network; hence no run in it is ever `verified`.
"""

import ctypes
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sandbox.base import WORKSPACE, Progress, SandboxSpec
from sandbox.jail.command import GUEST
from sandbox.jail.stream import GuestStream
from sandbox.machine import Command, Machine

WARNING = (
    "WARNING: --sandbox local isolates nothing: code that a model wrote runs on this machine with "
    "your rights. Its result is never verified. Use docker or bubblewrap"
)
END_S = 5
PR_SET_CHILD_SUBREAPER = 36


class LocalSandbox(Machine):
    """A temporary folder that stands for `/workspace`, and a process that starts commands."""

    def __init__(self, spec: SandboxSpec) -> None:
        super().__init__(spec.limits)
        self.spec = spec
        self._commands = 0
        self._folder = Path(tempfile.mkdtemp(prefix="backend-agent-local-"))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        with theirs:
            self._guest = subprocess.Popen(
                [sys.executable, "-I", "-S", GUEST, str(theirs.fileno()), str(processes)],
                pass_fds=[theirs.fileno()],
                cwd=self._folder,
                env={"PATH": _path(), "HOME": str(self._folder), "LANG": "C.UTF-8"},
                start_new_session=True,
                preexec_fn=_keep_orphans,  # noqa: PLW1509 - one call of the C library
            )
        self._control.recv(16)

    def _start(self, command: Command) -> GuestStream:
        self._commands += 1
        here = replace(
            command,
            argv=[self._local(part) for part in command.argv],
            env={name: self._local(value) for name, value in command.env.items()},
            cwd=self._local(command.cwd),
        )
        return GuestStream(self._control, self._commands, here)

    def _end(self) -> None:
        doomed = _descendants(self._guest.pid)
        self._control.close()
        for pid in doomed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._guest.wait(END_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _still_runs(self) -> bool:
        poll = select.poll()
        poll.register(self._control, 0)  # a hang-up is always reported
        return self._guest.poll() is None and not poll.poll(0)

    def _count_oom_kills(self) -> int:
        return 0

    def _local(self, text: str) -> str:
        return text.replace(WORKSPACE, str(self._folder))


class LocalProvider:
    """Opens folders on this machine."""

    name = "local"

    def __init__(self) -> None:
        self._opened: list[LocalSandbox] = []

    def prepare(self, progress: Progress) -> None:
        """See `SandboxProvider.prepare`: says what this is not."""
        progress(WARNING)

    def open(self, spec: SandboxSpec) -> LocalSandbox:
        """See `SandboxProvider.open`."""
        sandbox = LocalSandbox(spec)
        self._opened.append(sandbox)
        return sandbox

    def reap(self, run_id: str) -> int:
        """See `SandboxProvider.reap`: knows those of this process only."""
        found = [box for box in self._opened if box.alive and box.spec.run_id == run_id]
        for box in found:
            box.close()
        return len(found)

    def describe(self) -> dict[str, str]:
        """See `SandboxProvider.describe`."""
        return {"sandbox": "local (this machine, this user: nothing is isolated or limited)"}


def _keep_orphans() -> None:
    """Children whose parents end stay below the guest, where `_end` finds them."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _path() -> str:
    """This process's Python first: the packages that a backend needs have to be installed there."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text().split())
    return found
