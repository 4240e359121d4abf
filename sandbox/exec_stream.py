"""One command running in a container: its input, its output, its end."""

import select
import socket
import struct
import time
from collections.abc import Iterator

from sandbox.base import SandboxLostError
from sandbox.deadline import Deadline
from sandbox.engine import Engine, engine_errors
from sandbox.machine import Command

POLL_S = 0.1
"""How often a silent command is looked at: the delay with which a cancel is noticed."""
INSPECT_S = 0.4
"""How often the engine is asked whether a command has ended whose output stays open."""

LINGER_S = 1.0
"""How long to listen to a child that goes on talking after its command has ended."""


class ExecStream:
    """Started when made; use as a context manager to close the connection."""

    def __init__(self, engine: Engine, container: str, command: Command) -> None:
        self._engine = engine
        with engine_errors(SandboxLostError):
            self._id: str = engine.api.exec_create(
                container,
                list(command.argv),
                stdin=bool(command.stdin),
                environment=dict(command.env),
                workdir=command.cwd,
            )["Id"]
        self._connection, self._received = engine.attach(self._id)
        self._connection.setblocking(False)
        self._unsent = memoryview(command.stdin)
        self._input_is_open = bool(command.stdin)
        self._inspected_at = time.monotonic()
        self._is_over = False
        self.ended = False

    def __enter__(self) -> "ExecStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. The engine waits for a listener who does not listen, even in a kill."""
        self._connection.close()

    def chunks(self, deadline: Deadline) -> Iterator[tuple[int, bytes]]:
        """Output as it comes: (1 stdout, 2 stderr), bytes. Stops at the end or the deadline."""
        for data in self._reads(deadline):
            self._received += data
            yield from self._frames()

    def exit_code(self, deadline: Deadline) -> int | None:
        """The exit code once the command is gone; None when it still runs at the deadline."""
        pause = 0.001
        while not deadline.over:
            with engine_errors(SandboxLostError):
                state = self._engine.api.exec_inspect(self._id)
            if not state["Running"]:
                return int(state["ExitCode"])
            deadline.token.wait(min(pause, deadline.remaining_s))
            pause = min(2 * pause, POLL_S)
        return None

    def _reads(self, deadline: Deadline) -> Iterator[bytes]:
        yield b""
        poll = select.poll()
        while not deadline.over:
            interest = select.POLLIN | (select.POLLOUT if self._input_is_open else 0)
            poll.register(self._connection, interest)
            ready = dict(poll.poll(1000 * min(POLL_S, deadline.remaining_s)))
            event = ready.get(self._connection.fileno(), 0)
            if event & select.POLLOUT:
                self._send()
            is_readable = bool(event & ~select.POLLOUT)
            if is_readable:
                yield from self._receive()
            if self.ended or self._has_been_over_for(LINGER_S if is_readable else 0):
                self.ended = True
                return

    def _receive(self) -> Iterator[bytes]:
        with engine_errors(SandboxLostError):
            try:
                data = self._connection.recv(2**16)
            except BlockingIOError:  # part of a TLS record
                return
        self.ended = not data
        yield data

    def _send(self) -> None:
        try:
            if self._unsent:
                self._unsent = self._unsent[self._connection.send(self._unsent[: 2**16]) :]
            else:
                self._connection.shutdown(socket.SHUT_WR)
                self._input_is_open = False
        except BlockingIOError:
            return
        except OSError:  # nobody reads the input any more
            self._input_is_open = False

    def _has_been_over_for(self, seconds: float) -> bool:
        """Whether the command ended that long ago, while a child of it keeps the output open."""
        since_look = time.monotonic() - self._inspected_at
        if self._is_over:
            return since_look >= seconds
        if since_look >= INSPECT_S:
            with engine_errors(SandboxLostError):
                self._is_over = not self._engine.api.exec_inspect(self._id)["Running"]
            self._inspected_at = time.monotonic()
        return self._is_over and seconds == 0

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        """Docker's multiplexed stream: a stream number, three zeros, a length, the payload."""
        while len(self._received) >= 8:
            number, length = struct.unpack(">B3xL", self._received[:8])
            if len(self._received) < 8 + length:
                return
            payload = self._received[8 : 8 + length]
            self._received = self._received[8 + length :]
            yield number, payload
