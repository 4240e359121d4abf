"""Runs inside the machine as its first command and starts what the harness asks for.

A request is `run N` with file descriptors: the command as JSON, its input, output and errors, and
the readable ends of the last two. The answer is `N CODE`. `release N` says that nobody listens any
more: what the command and its children still say is read and thrown away.

Standalone, standard library only: the code under test can kill this process, and loses its machine.
"""

import ctypes
import errno
import json
import os
import resource
import select
import socket
import subprocess
import sys
from contextlib import suppress

NOT_DUMPABLE = (4, 0)
"""prctl PR_SET_DUMPABLE: keeps other processes of this user out of this one's memory and files."""
FDS_PER_REQUEST = 6
CANNOT_START, NOT_FOUND = 126, 127


class Guest:
    """The loop."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.children: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}
        """By the descriptor that tells of the end."""
        self.readable: dict[str, list[int]] = {}
        """Outputs of commands that were not released yet."""

    def serve(self) -> None:
        """Until the harness is gone."""
        self.control.send(b"ready")
        while True:
            for fd, _ in self.poll.poll():
                if fd == self.control.fileno():
                    if not self.receive():
                        return
                elif fd in self.children:
                    self.report(fd)
                else:
                    self.drain(fd)

    def receive(self) -> bool:
        """Handle one message; False when there will be no other."""
        message, fds, _, _ = socket.recv_fds(self.control, 64, FDS_PER_REQUEST)
        verb, _, number = message.decode().partition(" ")
        if verb == "run":
            self.start(number, fds)
        elif verb == "release":
            for fd in self.readable.pop(number, []):
                self.poll.register(fd, select.POLLIN)
        return bool(message)

    def start(self, number: str, fds: list[int]) -> None:
        """Start a command."""
        request, stdin, stdout, stderr, *readable = fds
        self.readable[number] = readable
        with os.fdopen(request) as file:
            asked = json.load(file)
        try:
            child = subprocess.Popen(
                asked["argv"],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=asked["cwd"],
                env={**os.environ, **asked["env"]},
                start_new_session=True,
            )
        except OSError as exc:
            os.write(stderr, f"cannot start {asked['argv'][0]!r}: {exc.strerror}\n".encode())
            code = NOT_FOUND if exc.errno == errno.ENOENT else CANNOT_START
            self.control.send(f"{number} {code}".encode())
        else:
            ending = os.pidfd_open(child.pid)
            self.children[ending] = (number, child)
            self.poll.register(ending, select.POLLIN)
        finally:
            for fd in (stdin, stdout, stderr):
                os.close(fd)

    def report(self, ending: int) -> None:
        """Tell how a command ended."""
        number, child = self.children.pop(ending)
        self.poll.unregister(ending)
        os.close(ending)
        code = child.wait()
        self.control.send(f"{number} {code if code >= 0 else 128 - code}".encode())

    def drain(self, fd: int) -> None:
        """Throw away what was said."""
        with suppress(BlockingIOError):
            if not os.read(fd, 2**16):
                self.poll.unregister(fd)
                os.close(fd)


def main() -> None:
    """Arguments: the control socket's descriptor, and the number of processes allowed."""
    fd, processes = map(int, sys.argv[1:])
    ctypes.CDLL(None).prctl(*NOT_DUMPABLE, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    os.environ.pop("PWD", None)
    control = socket.socket(fileno=fd)
    os.set_inheritable(fd, False)
    Guest(control).serve()


if __name__ == "__main__":
    main()
