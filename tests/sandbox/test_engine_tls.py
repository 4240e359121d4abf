"""An engine behind TLS, by variables and by contexts: the real one, with a relay in front of it."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from sandbox.base import SandboxStartError
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from sandbox.engine import Engine
from tests.sandbox.conftest import make_spec, run
from tests.sandbox.relay import relay

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl here to make certificates with"
)
pytestmark = [pytest.mark.docker, needs_openssl]


@dataclass(frozen=True)
class Authority:
    """Signs certificates; `folder` is laid out as DOCKER_CERT_PATH is."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        folder.mkdir()
        made = cls(folder)
        own = "req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -keyout ca.key -out ca.pem -days 2"
        made.openssl(*own.split(), "-addext", "keyUsage=critical,keyCertSign")
        made.sign("cert.pem", "key.pem", "extendedKeyUsage=clientAuth")
        return made

    def sign(self, cert: str, key: str, extension: str) -> None:
        asked = f"req -newkey rsa:2048 -nodes -subj /CN=somebody -keyout {key} -out request"
        self.openssl(*asked.split(), "-addext", extension)
        signed = f"x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -out {cert}"
        self.openssl(*signed.split(), "-days", "2", "-copy_extensions", "copy")

    def openssl(self, *argv: str) -> None:
        subprocess.run(["openssl", *argv], cwd=self.folder, check=True, capture_output=True)


class NotifyingSocket(ssl.SSLSocket):
    """Ends TLS properly, as an engine does."""

    def shutdown(self, how: int) -> None:
        with suppress(OSError):
            self.unwrap()


@dataclass
class TlsEngine:
    """The engine by tcp:// and TLS; only users that `authority` has signed may use it."""

    address: str
    authority: Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.make(tmp_path_factory.mktemp("tls") / "ours")
    made.sign("server.pem", "server.key", "subjectAltName=IP:127.0.0.1")
    return made


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Somebody else who signs, unknown to the engine and who does not know it."""
    return Authority.make(tmp_path_factory.mktemp("tls") / "strange")


@pytest.fixture
def engine(authority: Authority, docker_provider: DockerProvider) -> Iterator[TlsEngine]:
    real = Engine.connect().address.removeprefix("unix://")
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=authority.folder / "ca.pem"
    )
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority.folder / "server.pem", authority.folder / "server.key")
    context.sslsocket_class = NotifyingSocket
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server, context, real), daemon=True).start()
        yield TlsEngine(f"tcp://127.0.0.1:{server.getsockname()[1]}", authority)
        server.shutdown(socket.SHUT_RDWR)


def serve(server: socket.socket, context: ssl.SSLContext, real: str) -> None:
    while True:
        try:
            raw = server.accept()[0]
        except OSError:
            return
        threading.Thread(target=answer, args=(raw, context, real), daemon=True).start()


def answer(raw: socket.socket, context: ssl.SSLContext, real: str) -> None:
    with raw, suppress(OSError):
        client = context.wrap_socket(raw, server_side=True)
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(real)
        relay(client, upstream)


@pytest.fixture
def by_variables(engine: TlsEngine, monkeypatch: pytest.MonkeyPatch) -> TlsEngine:
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(engine.authority.folder))
    return engine


def test_a_machine_works_through_tls(by_variables: TlsEngine) -> None:
    """Both ways at once, more than fits into any buffer, and an input that ends."""
    content = bytes(range(256)) * 4_000
    with DockerProvider().open(make_spec()) as sandbox:
        sandbox.put({"large.bin": content})
        assert sandbox.get() == {"large.bin": content}
        sorted_by_it = sandbox.exec(["sort"], input=b"b\na\n", deadline=Deadline.after(30))
        assert sorted_by_it.output == "a\nb\n"
        echoed = sandbox.exec(["cat"], input=b"0123456\n" * 10_000, deadline=Deadline.after(30))
        assert echoed.output == "0123456\n" * 10_000
        failed = sandbox.exec(["sh", "-c", "exit 3"], deadline=Deadline.after(30))
        assert failed.exit_code == 3
        stopped = run(sandbox, "sleep", "60", seconds=0.5)
        assert (stopped.stopped_by, sandbox.alive) == ("timeout", False)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("skips_verification", [False, True])
def test_a_context_brings_its_certificates(
    engine: TlsEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skips_verification: bool
) -> None:
    name = sha256(b"far").hexdigest()
    meta = tmp_path / "contexts" / "meta" / name / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": engine.address, "SkipTLSVerify": skips_verification}
    meta.write_text(json.dumps({"Name": "far", "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    kept = tmp_path / "contexts" / "tls" / name / "docker"
    kept.mkdir(parents=True)
    for file in ("cert.pem", "key.pem", *([] if skips_verification else ["ca.pem"])):
        shutil.copy(engine.authority.folder / file, kept)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text("{}")  # the SDK looks beside it
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    with DockerProvider().open(make_spec()) as sandbox:
        assert run(sandbox, "echo", "hello").output == "hello\n"


def refusal() -> str:
    with pytest.raises(SandboxStartError) as caught:
        Engine.connect()
    return str(caught.value)


def test_an_engine_that_nobody_known_has_signed(
    by_variables: TlsEngine, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(stranger.folder))
    assert "its certificate is not trusted" in refusal()
    assert "ca.pem in DOCKER_CERT_PATH" in refusal()


def test_a_user_whom_the_engine_does_not_know(
    by_variables: TlsEngine, stranger: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(by_variables.authority.folder / "ca.pem", tmp_path)
    for file in ("cert.pem", "key.pem"):
        shutil.copy(stranger.folder / file, tmp_path)
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    assert "it refuses your certificate" in refusal()


def test_an_engine_of_another_name(
    by_variables: TlsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", by_variables.address.replace("127.0.0.1", "localhost"))
    assert "not trusted (Hostname mismatch" in refusal()


@pytest.mark.parametrize("spoil", ["missing", "no pem", "with a password"])
def test_certificates_that_cannot_be_used(
    by_variables: TlsEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    for file in ("ca.pem", "cert.pem", "key.pem"):
        shutil.copy(by_variables.authority.folder / file, tmp_path)
    if spoil == "missing":
        (tmp_path / "cert.pem").unlink()
    elif spoil == "no pem":
        (tmp_path / "ca.pem").write_text("hello")
    else:
        by_variables.authority.openssl(
            *f"rsa -aes256 -passout pass:secret -in key.pem -out {tmp_path}/key.pem".split()
        )
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    said = refusal()
    assert "cannot use the certificates" in said
    assert str(tmp_path / "key.pem") in said


def test_tls_that_was_not_asked_for(engine: TlsEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    assert "Docker engine" in refusal()


def test_an_engine_without_tls(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(server: socket.socket) -> None:
        with server.accept()[0] as client:
            client.recv(4096)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=refuse, args=(server,), daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(authority.folder))
        assert "if it speaks none, unset DOCKER_TLS_VERIFY" in refusal()
