"""The default sandbox: one hardened, short-lived Docker container.

The engine's own copy calls lose data on tmpfs, hence tar over a command (sandbox/machine.py).
"""

import re
from functools import cached_property

from sandbox.base import (
    Limits,
    Progress,
    Sandbox,
    SandboxLostError,
    SandboxSpec,
    SandboxStartError,
)
from sandbox.container import LABEL, describe_defenses, start_container
from sandbox.deadline import Deadline
from sandbox.engine import Engine, engine_errors
from sandbox.exec_stream import ExecStream
from sandbox.image import ensure_image, image_tag
from sandbox.jail.binary import other_way
from sandbox.machine import COPY_S, Command, Machine
from sandbox.output import OutputCapture

OOM_FILES = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")
"""Where cgroup v1 and v2 count the kills for want of memory, in a line `oom_kill N`."""


class DockerSandbox(Machine):
    """One running container; the engine removes it when it is closed."""

    def __init__(self, engine: Engine, container: str, spec: SandboxSpec) -> None:
        super().__init__(spec.limits)
        self._engine = engine
        self.container = container

    def _start(self, command: Command) -> ExecStream:
        return ExecStream(self._engine, self.container, command)

    def _end(self) -> None:
        self._engine.kill(self.container)

    def _still_runs(self) -> bool:
        try:
            with engine_errors(SandboxLostError):
                state = self._engine.api.inspect_container(self.container)["State"]
        except SandboxLostError:
            return False
        return bool(state["Running"])

    def _count_oom_kills(self) -> int:
        said = OutputCapture(10_000)
        self._run(Command(argv=["cat", *OOM_FILES]), Deadline.after(COPY_S), said)
        found = re.search(r"^oom_kill (\d+)$", said.text()[0], re.MULTILINE)
        return int(found[1]) if found else 0


class DockerProvider:
    """Opens containers on the engine that the docker command would use."""

    name = "docker"

    def __init__(self, image: str | None = None) -> None:
        """Use that image instead of our own (a name or id)."""
        self._image = image

    def prepare(self, progress: Progress) -> None:
        """See `SandboxProvider.prepare`."""
        try:
            with engine_errors(SandboxStartError):
                self._engine.api.ping()
        except SandboxStartError as exc:
            raise SandboxStartError(f"{exc}{other_way()}") from exc
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
