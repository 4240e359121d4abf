"""A sandbox that is opened when first needed and kept in step with the workspace."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sandbox.base import ExecResult, Sandbox, SandboxLostError
from sandbox.deadline import Deadline
from sandbox.workspace import Workspace

Stamp = tuple[int, int, int]


class Session:
    """The working sandbox of one run.

    Every `exec` first copies in what changed on the host. A machine that died (a limit, a crash)
    is replaced by a fresh one at the next `exec`; `generation` counts them, so that tools know
    when servers and database rows are gone.
    """

    def __init__(self, open_sandbox: Callable[[], Sandbox], workspace: Workspace) -> None:
        self._open = open_sandbox
        self._workspace = workspace
        self._sandbox: Sandbox | None = None
        self._sent: dict[str, Stamp] = {}
        self.generation = 0

    def exec(
        self,
        argv: Sequence[str],
        *,
        deadline: Deadline,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        collect: Sequence[str] | None = (),
    ) -> tuple[ExecResult, dict[str, bytes]]:
        """Run a command on the current workspace; returns its result and collected files.

        Args:
            argv: the command and its arguments; no shell.
            deadline: the host's; on expiry the machine dies and the next `exec` gets a new one.
            env: added to the image's environment.
            input: standard input.
            collect: files or folders to read afterwards; () none, None everything.

        Raises:
            SandboxError: the machine could not be started, or failed.
        """
        attempt = partial(
            self._exec_in_step, argv, deadline=deadline, env=env, input=input, collect=collect
        )
        is_new = self._sandbox is None or not self._sandbox.alive
        try:
            return attempt()
        except SandboxLostError:
            if is_new:
                raise
            self.close()  # it died between two commands: once more, on a new machine
            return attempt()

    def adopt(self, files: Mapping[str, bytes]) -> list[str]:
        """Write the sandbox's files back to the workspace where they differ; returns their paths.

        Call it with everything that `exec(collect=None)` returned: host files that are missing
        in it were deleted inside the sandbox and are deleted here too.
        """
        changed: list[str] = []
        for path in self._workspace.files():
            if path not in files:
                self._workspace.delete(path)
                changed.append(path)
        for path, content in files.items():
            target = self._workspace.resolve(path)
            if not target.is_file() or target.read_bytes() != content:
                self._workspace.write(path, content)
                changed.append(path)
        self._sent = self._stamps()
        return sorted(changed)

    @property
    def alive(self) -> bool:
        """Whether a machine is open; False before the first `exec` and after one died."""
        return self._sandbox is not None and self._sandbox.alive

    def close(self) -> None:
        """Kill the machine, if one is open."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def _exec_in_step(
        self,
        argv: Sequence[str],
        *,
        deadline: Deadline,
        env: Mapping[str, str] | None,
        input: bytes,
        collect: Sequence[str] | None,
    ) -> tuple[ExecResult, dict[str, bytes]]:
        sandbox = self._in_step()
        result = sandbox.exec(argv, deadline=deadline, env=env, input=input)
        if collect == () or not sandbox.alive:
            return result, {}
        return result, sandbox.get(collect)

    def _in_step(self) -> Sandbox:
        sandbox = self._sandbox
        if sandbox is None or not sandbox.alive:
            self.close()
            sandbox = self._sandbox = self._open()
            self._sent = {}
            self.generation += 1
        stamps = self._stamps()
        changed = [path for path, stamp in stamps.items() if self._sent.get(path) != stamp]
        removed = [path for path in self._sent if path not in stamps]
        if changed or removed:
            sandbox.put({path: self._workspace.read(path) for path in changed}, remove=removed)
            self._sent = stamps
        return sandbox

    def _stamps(self) -> dict[str, Stamp]:
        return {
            path: (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            for path, stat in self._workspace.files().items()
        }
