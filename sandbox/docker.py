"""The default sandbox: one hardened, short-lived Docker container.

Files travel as tar over the input and output of a command, because the engine's own copy calls
lose data on tmpfs. A command is stopped by killing the container through the engine: whatever
runs inside can stop or fool a timer that runs beside it.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import Self

from sandbox.archive import NEVER_RETURNED, pack, unpack
from sandbox.base import (
    WORKSPACE,
    ExecResult,
    Limits,
    Progress,
    Sandbox,
    SandboxLostError,
    SandboxSpec,
    SandboxStartError,
    StoppedBy,
    UnsafeFileError,
)
from sandbox.container import LABEL, describe_defenses, start_container
from sandbox.deadline import Deadline
from sandbox.engine import Engine, engine_errors
from sandbox.exec_stream import STDOUT, Command, ExecStream
from sandbox.image import ensure_image, image_tag
from sandbox.output import OutputCapture
from sandbox.workspace import check_path

COPY_S = 60
"""How long copying files may take; longer means that the machine is stuck."""
LAST_OUTPUT_S = 0.5
"""How long to listen for what a killed command had said."""
CANNOT_START = 126
"""Exit code that the engine gives to a command that it could not start."""
KILLED = 137
"""Exit code of a command that got SIGKILL: 128 + 9."""
OOM_FILES = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")
"""Where cgroup v1 and v2 count the kills for want of memory, in a line `oom_kill N`."""


class DockerSandbox:
    """One running container."""

    def __init__(self, engine: Engine, container: str, spec: SandboxSpec) -> None:
        self._engine = engine
        self._limits = spec.limits
        self._oom_kills = 0
        self._killed = False
        self.container = container
        self.alive = True

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

        A background child should not keep the command's output: the engine then holds the next
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
            exit_code=127 if code == CANNOT_START and _is_not_found(text) else code,
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
        with self._start(Command(argv=argv)) as stream:
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
        """See `Sandbox.close`. When it returns nothing runs; the engine then removes it."""
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

    def _start(self, command: Command) -> ExecStream:
        if not self.alive:
            raise SandboxLostError("the sandbox is closed")
        try:
            return ExecStream(self._engine, self.container, command)
        except SandboxLostError:
            self.alive = False
            raise

    def _run(
        self, command: Command, deadline: Deadline, output: OutputCapture
    ) -> tuple[int | None, StoppedBy | None]:
        with self._start(command) as stream:
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
            raise SandboxLostError("the container has stopped")
        return code, None

    def _copy_in(self, argv: list[str], content: bytes) -> None:
        said = OutputCapture(2_000)
        code, _ = self._run(Command(argv=argv, stdin=content), Deadline.after(COPY_S), said)
        if code != 0:
            self._kill()
            raise SandboxLostError(f"copying in failed: {said.text()[0].strip()}")

    def _is_running(self) -> bool:
        try:
            with engine_errors(SandboxLostError):
                state = self._engine.api.inspect_container(self.container)["State"]
            self.alive = bool(state["Running"])
        except SandboxLostError:
            self.alive = False
        return self.alive

    def _was_out_of_memory(self) -> bool:
        """Whether the kernel killed something for want of memory since this was last asked."""
        said = OutputCapture(10_000)
        self._run(Command(argv=["cat", *OOM_FILES]), Deadline.after(COPY_S), said)
        found = re.search(r"^oom_kill (\d+)$", said.text()[0], re.MULTILINE)
        before, self._oom_kills = self._oom_kills, int(found[1]) if found else 0
        return self._oom_kills > before

    def _kill(self) -> None:
        self.alive = False
        self._engine.kill(self.container)
        self._killed = True


class DockerProvider:
    """Opens containers on the engine that the docker command would use."""

    name = "docker"

    def __init__(self, image: str | None = None) -> None:
        """Use that image instead of our own (a name or id)."""
        self._image = image

    def prepare(self, progress: Progress) -> None:
        """See `SandboxProvider.prepare`."""
        with engine_errors(SandboxStartError):
            self._engine.api.ping()
        if self._image is None:
            ensure_image(progress)

    def open(self, spec: SandboxSpec) -> DockerSandbox:
        """See `SandboxProvider.open`."""
        network = _network(spec.shares_network_with)
        container = start_container(self._engine, spec, self._image or image_tag(), network)
        return DockerSandbox(self._engine, container, spec)

    def reap(self, run_id: str) -> int:
        """See `SandboxProvider.reap`."""
        with engine_errors(SandboxStartError):
            found = self._engine.api.containers(
                all=True, filters={"label": f"{LABEL}.run={run_id}"}
            )
        for container in found:
            self._engine.remove(container["Id"])
        return len(found)

    def describe(self) -> dict[str, str]:
        """See `SandboxProvider.describe`."""
        with engine_errors(SandboxStartError):
            return describe_defenses(self._engine.api.info(), Limits())

    @cached_property
    def _engine(self) -> Engine:
        return Engine.connect()


def _network(neighbor: Sandbox | None) -> str:
    if neighbor is None:
        return "none"
    if not isinstance(neighbor, DockerSandbox):
        raise SandboxStartError("a Docker sandbox can share the network of another one only")
    return f"container:{neighbor.container}"


def _stdout(stream: ExecStream, stderr: OutputCapture) -> Iterator[bytes]:
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
