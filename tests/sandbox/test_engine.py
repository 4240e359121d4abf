"""The ways in which an engine can be missing, each with its sentence."""

import http.server
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests import ConnectionError as RequestsConnectionError

from sandbox.base import SandboxError, SandboxLostError, SandboxStartError
from sandbox.docker import DockerProvider
from sandbox.engine import Engine, engine_errors
from tests.sandbox.conftest import make_spec, run


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("unix:///nowhere/docker.sock", "no Docker engine at .* install one"),
        ("tcp://127.0.0.1:1", "is not running .* start it"),
        ("nonsense", "only unix://, tcp:// and ssh://"),
    ],
)
def test_an_engine_that_is_not_there_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, address: str, sentence: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(SandboxStartError, match=sentence):
        Engine.connect()


def test_a_file_that_is_no_socket_is_not_running(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docker.sock").touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(SandboxStartError, match="not running"):
        Engine.connect()


@pytest.fixture
def stranger() -> Iterator[str]:
    """A server that answers, but is no Docker engine."""
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), http.server.BaseHTTPRequestHandler
    ) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_is_no_engine_is_named(
    monkeypatch: pytest.MonkeyPatch, stranger: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", stranger)
    with pytest.raises(SandboxStartError, match="Docker engine"):
        Engine.connect()


@pytest.fixture
def rootless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The engine by another socket, announced by a context as a rootless engine does."""
    address = f"unix://{tmp_path}/engine.sock"
    (tmp_path / "engine.sock").symlink_to(Engine.connect().address.removeprefix("unix://"))
    meta = tmp_path / "contexts" / "meta" / sha256(b"rootless").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": address, "SkipTLSVerify": False}
    described = {"Name": "rootless", "Metadata": {}, "Endpoints": {"docker": endpoint}}
    meta.write_text(json.dumps(described))
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return address


@pytest.mark.docker
def test_the_current_context_of_the_docker_command_is_used(rootless: str, tmp_path: Path) -> None:
    assert Engine.connect().address != rootless
    (tmp_path / "config.json").write_text('{"currentContext": "rootless"}')
    assert Engine.connect().address == rootless
    with DockerProvider().open(make_spec()) as sandbox:
        assert run(sandbox, "true").ok


@pytest.mark.docker
def test_variables_win_over_the_current_context(
    rootless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "rootless")
    assert Engine.connect().address == rootless
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxStartError, match="no Docker engine at unix:///nowhere"):
        Engine.connect()


def test_a_context_that_is_not_there_is_no_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    with pytest.raises(SandboxStartError, match=r"no such Docker context .DOCKER_CONTEXT=gone"):
        Engine.connect()


@pytest.mark.parametrize(
    ("raised", "kind", "sentence"),
    [
        (ImageNotFound("x"), SandboxStartError, "sandbox build"),
        (NotFound("x"), SandboxLostError, "gone"),
        (APIError("x", explanation="no space"), SandboxError, "refused: no space"),
        (RequestsConnectionError("broken"), SandboxError, "does not answer: broken"),
        (DockerException("odd"), SandboxError, "does not answer: odd"),
    ],
)
def test_what_the_sdk_raises_becomes_ours(
    raised: Exception, kind: type[SandboxError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence) as caught, engine_errors(SandboxError):
        raise raised
    assert type(caught.value) is kind
    assert caught.value.__cause__ is raised
