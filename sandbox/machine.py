"""What sandboxes have in common whose files and commands go through a stream.

Files travel as tar over the input and output of a command. A command is stopped by killing the
machine from outside: whatever runs inside can stop or fool a timer that runs beside it.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from sandbox.archive import NEVER_RETURNED, pack, unpack
from sandbox.base import (
    WORKSPACE,
    ExecResult,
    Limits,
    SandboxLostError,
    StoppedBy,
    UnsafeFileError,
)
from sandbox.deadline import Deadline
from sandbox.output import OutputCapture
from sandbox.workspace import check_path

STDOUT, STDERR = 1, 2
COPY_S = 60
"""How long copying files may take; longer means that the machine is stuck."""
LAST_OUTPUT_S = 0.5
"""How long to listen for what a killed command had said."""
CANNOT_START, NOT_FOUND = 126, 127
"""Exit codes of a command that could not be started."""
KILLED = 137
"""Exit code of a command that got SIGKILL: 128 + 9."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = WORKSPACE
    stdin: bytes = b""


class Stream(Protocol):
    """One started command. Use it as a context manager to stop listening."""

    ended: bool
    """Whether its output was read to the end."""

    def chunks(self, deadline: Deadline) -> Iterator[tuple[int, bytes]]:
        """Output as it comes: (1 stdout, 2 stderr), bytes. Stops at the end or the deadline.

        Raises:
            SandboxLostError: the machine is gone.
        """

    def exit_code(self, deadline: Deadline) -> int | None:
        """The exit code once the command is gone; None when it still runs at the deadline."""

    def close(self) -> None:
        """Stop listening."""

    def __enter__(self) -> "Stream": ...

    def __exit__(self, *_: object) -> None: ...


class Machine(ABC):
    """A sandbox made of four things: starting a command, killing all, and two questions."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._oom_kills = 0
        self._killed = False
        self.alive = True

    @abstractmethod
    def _start(self, command: Command) -> Stream:
        """Start a command. Raises SandboxLostError."""

    @abstractmethod
    def _end(self) -> None:
        """Kill everything in the machine and wait for it."""

    @abstractmethod
    def _still_runs(self) -> bool:
        """Whether the machine is there, asked of whoever runs it."""

    @abstractmethod
    def _count_oom_kills(self) -> int:
        """How many processes the kernel has killed in it for want of memory."""

    def put(self, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> None:
        """See `Sandbox.put`. Raises PathError too."""
        if doomed := "\0".join(check_path(path).as_posix() for path in remove):
            self._copy_in(["xargs", "-0", "rm", "-rf", "--"], doomed.encode())
        if files:
            self._copy_in(["tar", "-x", "-m", "--recursive-unlink", "-f", "-"], pack(files))

    def exec(
        self,
        argv: Sequence[str],
        *,
        deadline: Deadline,
        env: Mapping[str, str] | None = None,
        cwd: str = WORKSPACE,
        input: bytes = b"",
        max_output_chars: int = 100_000,
    ) -> ExecResult:
        """See `Sandbox.exec`.

        A background child should not keep the command's output: Docker then holds the next
        command back for 3 s (measured on 20.10).
        """
        started = time.monotonic()
        command = Command(argv=argv, env=env or {}, cwd=cwd, stdin=input)
        output = OutputCapture(max_output_chars)
        code, stopped_by = self._run(command, deadline, output)
        if code == KILLED and self._is_running() and self._was_out_of_memory():
            code, stopped_by = None, "memory"
        text, truncated = output.text()
        return ExecResult(
            exit_code=NOT_FOUND if code == CANNOT_START and _is_not_found(text) else code,
            output=text,
            stopped_by=stopped_by,
            truncated=truncated,
            seconds=time.monotonic() - started,
        )

    def get(self, paths: Sequence[str] | None = None) -> dict[str, bytes]:
        """See `Sandbox.get`. Raises PathError too."""
        wanted = ["."] if paths is None else [f"./{check_path(path)}" for path in paths]
        if not wanted:
            return {}
        excluded = [f"--exclude={name}" for name in sorted(NEVER_RETURNED)]
        # A tar that is refused halfway waits for its reader; `timeout` ends it.
        tar = ["tar", "-c", "--format=gnu", *excluded, "-f", "-", "--", *wanted]
        argv = ["timeout", str(COPY_S), *tar]
        said = OutputCapture(2_000)
        with self._begin(Command(argv=argv)) as stream:
            chunks = _stdout(stream, said)
            files = unpack(chunks, self._limits)
            for _ in chunks:  # tar may name what it could not read after the archive's end
                pass
        if files is None or not stream.ended:
            self._kill()
            raise SandboxLostError(f"copying out was cut off: {said.text()[0].strip()!r}")
        if unreadable := _unreadable(said.text()[0]):
            raise UnsafeFileError(f"refused to copy out: {unreadable}")
        return files

    def close(self) -> None:
        """See `Sandbox.close`. When it returns nothing runs."""
        if not self._killed:
            self._kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, command: Command) -> Stream:
        if not self.alive:
            raise SandboxLostError("the sandbox is closed")
        try:
            return self._start(command)
        except SandboxLostError:
            self.alive = False
            raise

    def _run(
        self, command: Command, deadline: Deadline, output: OutputCapture
    ) -> tuple[int | None, StoppedBy | None]:
        with self._begin(command) as stream:
            try:
                for _, chunk in stream.chunks(deadline):
                    output.add(chunk)
                    if output.over_cap:
                        stream.close()
                        self._kill()
                        return None, "output"
                code = stream.exit_code(deadline)
            except SandboxLostError:
                self.alive = False
                return KILLED, None
            if code is None:
                self._kill()
                with suppress(SandboxLostError):
                    for _, chunk in stream.chunks(Deadline.after(LAST_OUTPUT_S)):
                        output.add(chunk)
                return None, "cancel" if deadline.token.cancelled else "timeout"
        if code == CANNOT_START and not self._is_running():
            raise SandboxLostError("the machine has stopped")
        return code, None

    def _copy_in(self, argv: list[str], content: bytes) -> None:
        said = OutputCapture(2_000)
        code, _ = self._run(Command(argv=argv, stdin=content), Deadline.after(COPY_S), said)
        if code != 0:
            self._kill()
            raise SandboxLostError(f"copying in failed: {said.text()[0].strip()}")

    def _is_running(self) -> bool:
        self.alive = self._still_runs()
        return self.alive

    def _was_out_of_memory(self) -> bool:
        """Whether the kernel killed something for want of memory since this was last asked."""
        before, self._oom_kills = self._oom_kills, self._count_oom_kills()
        return self._oom_kills > before

    def _kill(self) -> None:
        self.alive = False
        self._end()
        self._killed = True


def _stdout(stream: Stream, stderr: OutputCapture) -> Iterator[bytes]:
    for number, chunk in stream.chunks(Deadline.after(COPY_S)):
        if number == STDOUT:
            yield chunk
        else:
            stderr.add(chunk)


def _unreadable(stderr: str) -> str | None:
    """What tar could not read, leaving out files that are not there."""
    problems = [line for line in stderr.splitlines() if ": Cannot " in line]
    return next((line for line in problems if "No such file" not in line), None)


def _is_not_found(engine_message: str) -> bool:
    return engine_message.startswith("OCI runtime exec failed") and (
        "executable file not found" in engine_message
        or "no such file or directory" in engine_message
    )
