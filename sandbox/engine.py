"""The connection to the Docker engine, and the one place where its errors become ours."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.base import SandboxError, SandboxLostError, SandboxStartError

if TYPE_CHECKING:
    from docker import APIClient

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
CONNECT_TIMEOUT_S = 10


class Engine:
    """One Docker engine: the SDK's client for requests, raw connections for streams."""

    def __init__(self, address: str, api: "APIClient") -> None:
        self.address = address
        self.api = api

    @classmethod
    def connect(cls, timeout_s: int = 60) -> "Engine":
        """The engine that the docker command would use (DOCKER_HOST, then `docker context`).

        Args:
            timeout_s: how long a request may go without an answer.

        Raises:
            SandboxStartError: no engine answers there; the text says why and what to do.
        """
        from docker import APIClient  # noqa: PLC0415 - costs 0.1 s, needed only with an engine

        address = _find_address()
        _dial(address).close()
        with engine_errors(SandboxStartError):
            return cls(address, APIClient(base_url=address, version="auto", timeout=timeout_s))

    def attach(self, exec_id: str) -> tuple[socket.socket, bytes]:
        """Start an exec; its stream in both directions, and what of it was already read.

        The SDK reads the reply's headers through a buffer that can swallow the first output, and
        gives no way to end the input; hence this one request by hand.
        """
        body = b'{"Detach": false, "Tty": false}'
        request = (
            f"POST /v{self.api.api_version}/exec/{exec_id}/start HTTP/1.1\r\nHost: docker\r\n"
            "Content-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with ExitStack() as on_failure, engine_errors(SandboxLostError):
            connection = on_failure.enter_context(_dial(self.address))
            connection.sendall(request.encode() + body)
            head, rest = _read_head(connection)
            if head.split(b" ", 2)[1] not in {b"101", b"200"}:
                raise SandboxLostError(f"the command could not be started: {_message(rest)}")
            on_failure.pop_all()
        return connection, rest

    def kill(self, container: str) -> None:
        """Kill everything in a container and wait for its end; one that is gone is fine."""
        with engine_errors(SandboxLostError), _gone_is_fine():
            self.api.kill(container)

    def remove(self, container: str) -> None:
        """Kill and remove a container; one that is gone is fine."""
        with engine_errors(SandboxLostError), _gone_is_fine():
            self.api.remove_container(container, force=True)


@contextmanager
def engine_errors(kind: type[SandboxError]) -> Iterator[None]:
    """Turn what the SDK raises into one of our errors.

    Args:
        kind: what to raise for a failure without a more exact class of its own.
    """
    from docker.errors import APIError, DockerException, ImageNotFound, NotFound  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415 - as above: loaded with the SDK

    try:
        yield
    except ImageNotFound as exc:
        raise SandboxStartError(
            "the sandbox image is missing: build it with `python -m agent sandbox build`"
        ) from exc
    except NotFound as exc:
        raise SandboxLostError("the container is gone") from exc
    except APIError as exc:
        raise kind(f"the Docker engine refused: {exc.explanation or exc}") from exc
    except (DockerException, RequestException, OSError) as exc:
        raise kind(f"the Docker engine does not answer: {exc}") from exc


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    from docker.errors import APIError  # noqa: PLC0415 - loaded with the SDK

    try:
        yield
    except APIError as exc:
        if exc.status_code not in {404, 409}:  # not found; stopped, or being removed
            raise


def _find_address() -> str:
    from docker.context import ContextAPI  # noqa: PLC0415 - loaded with the SDK

    if address := os.environ.get("DOCKER_HOST"):
        return address
    named = os.environ.get("DOCKER_CONTEXT")
    context = ContextAPI.get_context(named)
    if context is None:
        name = f"DOCKER_CONTEXT={named}" if named else "the current one"
        raise SandboxStartError(
            f"there is no such Docker context ({name}): see `docker context ls`, then "
            "`docker context use NAME`"
        )
    return str(context.Host or DEFAULT_ADDRESS)


def _dial(address: str) -> socket.socket:
    parts = urlsplit(address)
    try:
        if parts.scheme == "unix":
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(CONNECT_TIMEOUT_S)
            try:
                connection.connect(parts.path)
            except OSError:
                connection.close()
                raise
            return connection
        if parts.scheme in {"tcp", "http"} and parts.hostname:
            endpoint = (parts.hostname, parts.port or 2375)
            return socket.create_connection(endpoint, CONNECT_TIMEOUT_S)
    except FileNotFoundError as exc:
        raise SandboxStartError(
            f"no Docker engine at {address}: install one (Debian: `apt-get install docker.io`) "
            "and start it, or set DOCKER_HOST"
        ) from exc
    except PermissionError as exc:
        raise SandboxStartError(
            f"no permission to use {address}: add your user to the group `docker` "
            "(`sudo usermod -aG docker $USER`) and log in again"
        ) from exc
    except OSError as exc:
        raise SandboxStartError(
            f"the Docker engine at {address} is not running ({exc}): start it "
            "(`sudo systemctl start docker`, or Docker Desktop)"
        ) from exc
    raise SandboxStartError(
        f"cannot use the Docker engine at {address}: only unix:// and tcp:// without TLS work"
    )


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """The reply's status line and headers, and what of its body came with them."""
    reply = b""
    while b"\r\n\r\n" not in reply:
        received = connection.recv(4096)
        if not received:
            raise SandboxLostError("the Docker engine closed the connection")
        reply += received
    head, _, rest = reply.partition(b"\r\n\r\n")
    return head, rest


def _message(body: bytes) -> str:
    start = body.find(b"{")
    try:
        return str(json.loads(body[start : body.rfind(b"}") + 1])["message"])
    except (ValueError, KeyError):
        return body.decode(errors="replace").strip()
