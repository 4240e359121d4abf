"""A Docker engine that dies in the middle of a run: `sandbox_error`, and `resume` goes on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.backend_agent import BackendAgent
from agent.events import Event, ToolCalled
from agent.runs import run_folder
from agent.settings import Settings
from agent.task import AgentTask
from sandbox.docker import DockerProvider
from sandbox.engine import Engine
from tests.agent.test_backend_agent import SPEC
from tests.agent.unprobed import UNPROBED
from tests.sandbox.relay import relay

pytestmark = [
    pytest.mark.docker,
    # Of the Docker SDK, which forgets a socket that it could not connect.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Lifeline:
    """A socket in front of the engine that can be cut and mended."""

    def __init__(self, path: Path, engine: str) -> None:
        self._path = path
        self._engine = engine
        self._server: socket.socket | None = None
        self._open: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"unix://{self._path}"

    def mend(self) -> None:
        """Take connections."""
        self._path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen()
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def cut(self) -> None:
        """Close every connection and take no other."""
        assert self._server is not None, "it was mended before"
        for connection in (self._server, *self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)

    def _serve(self, server: socket.socket) -> None:
        with server:
            while True:
                try:
                    client = server.accept()[0]
                except OSError:
                    return
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self._engine.removeprefix("unix://"))
                self._open += [client, engine]
                threading.Thread(target=relay, args=(client, engine), daemon=True).start()


@pytest.fixture
def lifeline(
    tmp_path: Path, docker_provider: DockerProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lifeline]:
    made = Lifeline(tmp_path / "engine.sock", Engine.connect().address)
    made.mend()
    monkeypatch.setenv("DOCKER_HOST", made.address)
    yield made
    made.cut()


@pytest.mark.parametrize(("call", "delay_s"), [("run_tests", 0), ("run_tests", 1.5), ("finish", 3)])
def test_an_engine_that_dies_is_a_sandbox_error_that_resumes(
    tmp_path: Path, lifeline: Lifeline, call: str, delay_s: float
) -> None:
    def cut(event: Event) -> None:
        if isinstance(event, ToolCalled) and event.name == call:
            threading.Timer(delay_s, lifeline.cut).start() if delay_s else lifeline.cut()

    agent = BackendAgent(Settings(state_dir=tmp_path / "state", verifier=UNPROBED))
    task = AgentTask(
        spec=SPEC, repository=tmp_path / "repo", model="builtin", task_id="dies", sandbox="docker"
    )
    result = agent.execute_task(task, on_event=cut)
    assert (result.status, result.retryable, result.branch) == ("sandbox_error", True, None)
    assert "Docker engine" in result.reason
    lifeline.mend()
    resumed = BackendAgent(Settings(state_dir=tmp_path / "state", verifier=UNPROBED)).resume("dies")
    assert resumed.status == "verified"
    owner = run_folder(tmp_path / "state", "dies").owner
    assert DockerProvider().reap(owner) == 0
