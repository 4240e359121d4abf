"""Where untrusted code runs: the contract that every backend keeps.

A sandbox is a throw-away machine without a network: files in, `exec`, checked files out.

    with provider.open(SandboxSpec(run_id="r1")) as sandbox:
        sandbox.put({"app.py": b"print(1)"})
        result = sandbox.exec(["python", "app.py"], deadline=Deadline.after(30))
        files = sandbox.get(["report.xml"])

The host's folder is the truth and the sandbox a copy of it. A failing command is a *result*; a
machine that failed is a `SandboxError`. Everything that comes out is untrusted data.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self

from sandbox.deadline import Deadline

Progress = Callable[[str], None]

ProviderName = Literal["docker", "bubblewrap", "local"]
"""What a user can ask for; `local` isolates nothing, so no run in it is ever `verified`."""

WORKSPACE = "/workspace"
"""Where `put` writes and `exec` starts, inside every sandbox."""


class SandboxError(Exception):
    """The machine failed, not the command: the run ends `sandbox_error` and may be resumed."""


class SandboxStartError(SandboxError):
    """No sandbox could be started; the text says what is missing and how to get it."""


class SandboxLostError(SandboxError):
    """A started sandbox is gone: killed, out of memory, or its engine died."""


class UnsafeFileError(SandboxError):
    """A file to be copied out breaks a rule (link, device, size, name); nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one sandbox may use; `SandboxProvider.describe` says what is really enforced."""

    memory_mib: int = 1024
    """RAM and swap together; tmpfs counts as memory."""
    cpus: float = 2
    pids: int = 256
    workspace_mib: int = 256
    workspace_files: int = 20_000
    copy_out_file_mib: int = 10
    copy_out_total_mib: int = 100
    copy_out_files: int = 5_000
    ttl_s: int = 7200
    """The machine dies by itself after this, harness or no harness."""


@dataclass(frozen=True, kw_only=True)
class SandboxSpec:
    """What to open."""

    run_id: str
    """The run that owns it: the label by which leftovers are reaped."""
    limits: Limits = field(default_factory=Limits)
    shares_network_with: "Sandbox | None" = None
    """Join that sandbox's loopback (same provider): the verifier beside the app it tests."""
    role: str = "work"
    """What it is for, in the name and labels: `work`, `app`, `verifier`, `tests`."""


StoppedBy = Literal["timeout", "cancel", "output", "memory"]
"""The limit that ended a command."""


@dataclass(frozen=True, kw_only=True)
class ExecResult:
    """How a command ended."""

    exit_code: int | None
    """None when it was killed by a limit."""
    output: str
    """stdout and stderr as they came, UTF-8 with replacement; head and tail when cut."""
    stopped_by: StoppedBy | None = None
    truncated: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Exit code 0 and no limit hit."""
        return self.exit_code == 0 and self.stopped_by is None


class Sandbox(Protocol):
    """One running machine. Not thread-safe; the opener closes it."""

    @property
    def alive(self) -> bool:
        """False once it was closed, killed by a limit, or found gone."""

    def put(self, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> None:
        """Write files under `/workspace`, making folders, and remove others.

        Args:
            files: path relative to `/workspace` -> content. Mode 0644, or 0755 for `#!` scripts.
            remove: relative paths to delete; missing ones are ignored.

        Raises:
            SandboxLostError: the machine is gone.
        """

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
        """Run a command and wait for it.

        The deadline is the host's: on expiry or cancel the whole machine is killed (`alive` is
        False) and the result says `stopped_by="timeout"` or `"cancel"`. A command that fails,
        does not exist (127) or hits a limit is a result. Background children live on until the
        machine is closed.

        Raises:
            SandboxLostError: the machine is gone.
        """

    def get(self, paths: Sequence[str] | None = None) -> dict[str, bytes]:
        """Regular files of `/workspace`: relative path -> content.

        Args:
            paths: files or folders to read, relative; None is everything. Missing ones are left
                out. `__pycache__`, `.git` at any depth and tool caches are never returned.

        Raises:
            UnsafeFileError: a link, device, FIFO, odd name, or one over `Limits.copy_out_*`.
            SandboxLostError: the machine is gone.
        """

    def close(self) -> None:
        """Kill and remove the machine. May be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class SandboxProvider(Protocol):
    """Opens sandboxes of one kind. Cheap to make; `open` does the work."""

    name: str

    def prepare(self, progress: Progress) -> None:
        """See to it that `open` can work: the engine answers, its image is built.

        Args:
            progress: called with one line of text at a time, while something takes long.

        Raises:
            SandboxStartError: with the reason and the remedy.
        """

    def open(self, spec: SandboxSpec) -> Sandbox:
        """Start a machine with PostgreSQL and the Python stack in it, nothing running.

        Raises:
            SandboxStartError: with the reason and the remedy.
        """

    def reap(self, run_id: str) -> int:
        """Remove what that run left behind (a killed harness); returns how many machines."""

    def describe(self) -> dict[str, str]:
        """What is enforced, for the report: limit or defence -> value."""
