"""The way to a Docker engine, on this machine or another: as many connections as are wanted."""

import re
import socket
import ssl
from contextlib import ExitStack
from urllib.parse import urlsplit

from sandbox.base import SandboxLostError, SandboxStartError
from sandbox.engine_address import EngineAddress
from sandbox.engine_tls import TlsConnection
from sandbox.engine_tunnel import SshTunnel

Connection = socket.socket | TlsConnection

CONNECT_TIMEOUT_S = 10
PORT, TLS_PORT = 2375, 2376
PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
API_VERSION = re.compile(rb"^api-version: *([0-9.]+)", re.IGNORECASE | re.MULTILINE)


class EngineLine:
    """Dials one engine. A tunnel that it needs is closed when nobody holds the line any more."""

    def __init__(self, address: EngineAddress) -> None:
        """Make sure that an engine answers.

        Raises:
            SandboxStartError: none does; the text says why and what to do.
        """
        self.address = address.url
        self._tunnel = SshTunnel(address.url) if address.url.startswith("ssh://") else None
        self.url = f"unix://{self._tunnel.socket}" if self._tunnel else _with_port(address)
        """Where the SDK connects to."""
        self.tls = address.tls if address.url.startswith("tcp://") else None
        self._context = self.tls.context() if self.tls else None
        with ExitStack() as on_failure:
            if self._tunnel:
                on_failure.callback(self._tunnel.close)
            self.api_version = self._knock()
            on_failure.pop_all()

    def dial(self) -> Connection:
        """A new connection; whoever asks for it closes it.

        Raises:
            SandboxStartError: nobody is there.
        """
        parts = urlsplit(self.url)
        try:
            if parts.scheme == "unix":
                return _dial_socket(parts.path)
            if parts.scheme == "tcp" and parts.hostname:
                endpoint = (parts.hostname, parts.port or PORT)
                raw = socket.create_connection(endpoint, CONNECT_TIMEOUT_S)
                return self._secure(raw, parts.hostname) if self._context else raw
        except FileNotFoundError as exc:
            raise SandboxStartError(
                f"no Docker engine at {self.address}: install one (Debian: `apt-get install "
                "docker.io`) and start it, or set DOCKER_HOST"
            ) from exc
        except PermissionError as exc:
            raise SandboxStartError(
                f"no permission to use {self.address}: add your user to the group `docker` "
                "(`sudo usermod -aG docker $USER`) and log in again"
            ) from exc
        except ssl.SSLError as exc:
            raise SandboxStartError(self._what_tls_needs(exc)) from exc
        except OSError as exc:
            raise SandboxStartError(
                f"the Docker engine at {self.address} is not running ({exc}): start it "
                "(`sudo systemctl start docker`, or Docker Desktop)"
            ) from exc
        raise SandboxStartError(
            f"cannot use the Docker engine at {self.address}: only unix://, tcp:// and ssh:// work"
        )

    def _secure(self, raw: socket.socket, host: str) -> TlsConnection:
        assert self._context is not None
        with ExitStack() as on_failure:
            on_failure.enter_context(raw)
            secured = TlsConnection(raw, self._context, host)
            on_failure.pop_all()
        return secured

    def _knock(self) -> str:
        """The version of the engine's API: much is refused only when something is asked for."""
        connection = self.dial()
        try:
            connection.sendall(PING)
            head, rest = read_head(connection)
        except ssl.SSLError as exc:
            raise SandboxStartError(self._what_tls_needs(exc)) from exc
        except (OSError, SandboxLostError) as exc:
            if self._context and isinstance(exc, ConnectionError):  # it overtakes the alert
                raise SandboxStartError(self._what_tls_needs(exc)) from exc
            if self._tunnel:
                raise SandboxStartError(self._tunnel.explain()) from exc
            raise SandboxStartError(
                f"the Docker engine at {self.address} does not answer: {exc}"
            ) from exc
        finally:
            connection.close()
        if b"HTTPS server" in rest:
            raise SandboxStartError(
                f"the Docker engine at {self.address} wants TLS: set DOCKER_TLS_VERIFY=1 and "
                "DOCKER_CERT_PATH, the folder of ca.pem, cert.pem and key.pem"
            )
        version = API_VERSION.search(head)
        if version is None:
            raise SandboxStartError(
                f"what answers at {self.address} is no Docker engine: set DOCKER_HOST"
            )
        return version[1].decode()

    def _what_tls_needs(self, exc: OSError) -> str:
        start = f"no TLS with the Docker engine at {self.address}"
        reason = exc.reason if isinstance(exc, ssl.SSLError) else "connection closed"
        if isinstance(exc, ssl.SSLCertVerificationError):
            return (
                f"{start}: its certificate is not trusted ({exc.verify_message}); ca.pem in "
                "DOCKER_CERT_PATH has to be of whom signed it, and the address one of its names"
            )
        if isinstance(exc, ConnectionError) or "ALERT" in (reason or ""):
            return (
                f"{start}: it refuses your certificate ({reason}); cert.pem and key.pem in "
                "DOCKER_CERT_PATH have to be signed by whom the engine trusts"
            )
        return f"{start} ({reason}): if it speaks none, unset DOCKER_TLS_VERIFY and DOCKER_TLS"


def read_head(connection: Connection) -> tuple[bytes, bytes]:
    """A reply's status line and headers, and what of its body came with them.

    Raises:
        SandboxLostError: the engine closed the connection.
    """
    reply = b""
    while b"\r\n\r\n" not in reply:
        received = connection.recv(4096)
        if not received:
            raise SandboxLostError("the Docker engine closed the connection")
        reply += received
    head, _, rest = reply.partition(b"\r\n\r\n")
    return head, rest


def _dial_socket(path: str) -> socket.socket:
    with ExitStack() as on_failure:
        connection = on_failure.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        connection.settimeout(CONNECT_TIMEOUT_S)
        connection.connect(path)
        on_failure.pop_all()
    return connection


def _with_port(address: EngineAddress) -> str:
    """A tcp:// address with the usual port when it names none, which the SDK refuses."""
    parts = urlsplit(address.url)
    if parts.scheme != "tcp" or parts.port:
        return address.url
    return f"tcp://{parts.netloc}:{TLS_PORT if address.tls else PORT}"
