"""The fake that ships: a sandbox without a machine, for unit tests and benchmarks."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from sandbox.archive import CopyOut
from sandbox.base import (
    WORKSPACE,
    ExecResult,
    Progress,
    SandboxLostError,
    SandboxSpec,
    SandboxStartError,
    StoppedBy,
)
from sandbox.deadline import Deadline
from sandbox.output import OutputCapture
from sandbox.workspace import check_path

Answer = Callable[[Sequence[str], dict[str, bytes]], ExecResult]
"""Plays a command: its argv and the files of `/workspace`, which it may change -> how it ended."""


def succeed(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:  # noqa: ARG001 - an Answer
    """The answer to every command when no other is given: exit code 0, no output."""
    return ExecResult(exit_code=0, output="")


class MemorySandbox:
    """Files in a dict; commands played by a function."""

    def __init__(self, spec: SandboxSpec, answer: Answer) -> None:
        self._answer = answer
        self.spec = spec
        self.files: dict[str, bytes] = {}
        self.alive = True

    def put(self, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> None:
        """See `Sandbox.put`. Raises PathError too."""
        self._require_alive()
        doomed = [check_path(path).as_posix() for path in remove]
        added = {check_path(path).as_posix(): content for path, content in files.items()}
        for path in list(self.files):
            if any(_is_within(path, folder) for folder in doomed):
                del self.files[path]
        self.files |= added

    def exec(
        self,
        argv: Sequence[str],
        *,
        deadline: Deadline,
        env: Mapping[str, str] | None = None,  # noqa: ARG002 - nothing reads it here
        cwd: str = WORKSPACE,  # noqa: ARG002
        input: bytes = b"",  # noqa: ARG002
        max_output_chars: int = 100_000,
    ) -> ExecResult:
        """See `Sandbox.exec`. The deadline is looked at before and after, not during the answer."""
        self._require_alive()
        started = time.monotonic()
        result = ExecResult(exit_code=None, output="")
        if not deadline.over:
            result = self._answer(argv, self.files)
        if deadline.over:
            reason: StoppedBy = "cancel" if deadline.token.cancelled else "timeout"
            result = replace(result, exit_code=None, stopped_by=reason)
        self.alive = result.stopped_by in {None, "memory"}
        output = OutputCapture(max_output_chars)
        output.add(result.output.encode())
        text, truncated = output.text()
        seconds = time.monotonic() - started
        return replace(result, output=text, truncated=truncated, seconds=seconds)

    def get(self, paths: Sequence[str] | None = None) -> dict[str, bytes]:
        """See `Sandbox.get`. Raises PathError too."""
        self._require_alive()
        wanted = None if paths is None else [check_path(path).as_posix() for path in paths]
        out = CopyOut(self.spec.limits)
        for path, content in sorted(self.files.items()):
            if wanted is None or any(_is_within(path, folder) for folder in wanted):
                clean = out.admit(path, len(content))
                if clean is not None:
                    out.files[clean] = content
        return out.files

    def close(self) -> None:
        """See `Sandbox.close`."""
        self.alive = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _require_alive(self) -> None:
        if not self.alive:
            raise SandboxLostError("the sandbox is closed")


class MemoryProvider:
    """Opens memory sandboxes whose commands one function plays."""

    name = "memory"

    def __init__(self, answer: Answer = succeed) -> None:
        self._answer = answer
        self.opened: list[MemorySandbox] = []
        """Every sandbox opened so far, in order: what a test looks into."""

    def prepare(self, progress: Progress) -> None:
        """See `SandboxProvider.prepare`; there is nothing to do."""

    def open(self, spec: SandboxSpec) -> MemorySandbox:
        """See `SandboxProvider.open`."""
        neighbor = spec.shares_network_with
        if neighbor is not None and not isinstance(neighbor, MemorySandbox):
            raise SandboxStartError("a memory sandbox can share the network of another one only")
        sandbox = MemorySandbox(spec, self._answer)
        self.opened.append(sandbox)
        return sandbox

    def reap(self, run_id: str) -> int:
        """See `SandboxProvider.reap`."""
        found = [box for box in self.opened if box.alive and box.spec.run_id == run_id]
        for box in found:
            box.close()
        return len(found)

    def describe(self) -> dict[str, str]:
        """See `SandboxProvider.describe`."""
        return {"sandbox": "memory (no machine: commands are played, nothing is isolated)"}


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
