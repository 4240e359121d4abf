"""The harness's end of a machine's guest: one command, its input, its output, its end."""

import json
import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

from sandbox.base import SandboxLostError
from sandbox.deadline import Deadline
from sandbox.machine import STDERR, STDOUT, Command

POLL_S = 0.1
"""How often a silent command is looked at: the delay with which a cancel is noticed."""
LINGER_S = 0.2
"""How long to listen to a child that goes on talking after its command has ended."""
CHUNK = 2**16


class GuestStream:
    """Started when made."""

    def __init__(self, control: socket.socket, number: int, command: Command) -> None:
        """Start the command.

        Args:
            control: to the guest.
            number: of the command, unique in the machine.
            command: what to run.
        """
        self._control = control
        self._number = number
        self._unsent = memoryview(command.stdin)
        self._code: int | None = None
        self._is_lost = False
        self._over_at = 0.0
        self._outputs: dict[int, int] = {}
        self.ended = False
        stdin, self._stdin = os.pipe()
        theirs = [_content(command), stdin]
        for stream in (STDOUT, STDERR):
            readable, writable = os.pipe()
            self._outputs[readable] = stream
            theirs.append(writable)
        for fd in (self._stdin, *self._outputs):
            os.set_blocking(fd, False)
        try:
            message = f"run {number}".encode()
            socket.send_fds(control, [message], [*theirs, *self._outputs])
        except OSError as exc:
            self.close()
            raise SandboxLostError("the machine has stopped") from exc
        finally:
            for fd in theirs:
                os.close(fd)
        if not self._unsent:
            self._close_input()

    def __enter__(self) -> "GuestStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; the guest goes on, so that children of the command can talk."""
        if not self._is_lost:
            with suppress(OSError):
                self._control.send(f"release {self._number}".encode())
        for fd in self._outputs:
            os.close(fd)
        self._outputs = {}
        self._close_input()

    def chunks(self, deadline: Deadline) -> Iterator[tuple[int, bytes]]:
        """See `Stream.chunks`."""
        while self._outputs and not deadline.over:
            was_over = self._is_over
            ready = self._poll(deadline)
            if self._stdin in ready:
                self._send()
            readable = ready & self._outputs.keys()
            for fd in readable:
                yield from self._read(fd)
            if was_over and (not readable or time.monotonic() - self._over_at > LINGER_S):
                break
        if self._is_lost:
            raise SandboxLostError("the machine has stopped")
        self.ended = self._is_over or not self._outputs

    def exit_code(self, deadline: Deadline) -> int | None:
        """See `Stream.exit_code`."""
        while not self._is_over and not deadline.over:
            self._poll(deadline)
        if self._is_lost:
            raise SandboxLostError("the machine has stopped")
        return self._code

    @property
    def _is_over(self) -> bool:
        """Whether the command has ended, or the machine."""
        return self._is_lost or self._code is not None

    def _poll(self, deadline: Deadline) -> set[int]:
        """Descriptors that are ready; waits until the command says or does something."""
        self._is_lost = self._is_lost or self._control.fileno() < 0  # closed by a kill
        poll = select.poll()
        for fd in self._outputs:
            poll.register(fd, select.POLLIN)
        if self._unsent:
            poll.register(self._stdin, select.POLLOUT)
        if not self._is_over:
            poll.register(self._control, select.POLLIN)
        wait_s = 0.0 if self._is_over else min(POLL_S, deadline.remaining_s)
        ready = {fd for fd, _ in poll.poll(1000 * wait_s)}
        if self._control.fileno() in ready:
            self._receive()
        return ready

    def _receive(self) -> None:
        """Take an answer; one to a command that nobody waited for is passed over."""
        try:
            number, _, code = self._control.recv(64).decode().partition(" ")
        except OSError:
            number = code = ""
        if not number:
            self._is_lost = True
        elif number == str(self._number):
            self._code = int(code)
        self._over_at = time.monotonic()

    def _read(self, fd: int) -> Iterator[tuple[int, bytes]]:
        with suppress(BlockingIOError):
            data = os.read(fd, CHUNK)
            if data:
                yield self._outputs[fd], data
            else:
                del self._outputs[fd]
                os.close(fd)

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._stdin, self._unsent[:CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # nobody reads the input any more
            self._unsent = memoryview(b"")
        if not self._unsent:
            self._close_input()

    def _close_input(self) -> None:
        self._unsent = memoryview(b"")
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1


def _content(command: Command) -> int:
    """A descriptor to read the request from: it may be longer than a message."""
    asked = {"argv": list(command.argv), "env": dict(command.env), "cwd": command.cwd}
    fd = os.memfd_create("request")
    os.write(fd, json.dumps(asked).encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
