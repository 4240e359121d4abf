"""The connection to the Docker engine, and the one place where its errors become ours."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sandbox.base import SandboxError, SandboxLostError, SandboxStartError
from sandbox.engine_address import find_address
from sandbox.engine_line import Connection, EngineLine, read_head

if TYPE_CHECKING:
    from docker import APIClient


class Engine:
    """One Docker engine: the SDK's client for requests, raw connections for streams."""

    def __init__(self, line: EngineLine, api: "APIClient") -> None:
        self._line = line
        self.api = api

    @property
    def address(self) -> str:
        """As the user wrote it."""
        return self._line.address

    @classmethod
    def connect(cls, timeout_s: int = 60) -> "Engine":
        """The engine that the docker command would use (sandbox/engine_address.py).

        Args:
            timeout_s: how long a request may go without an answer.

        Raises:
            SandboxStartError: no engine answers there; the text says why and what to do.
        """
        from docker import APIClient  # noqa: PLC0415 - costs 0.1 s, needed only with an engine

        line = EngineLine(find_address())
        tls = line.tls.for_sdk() if line.tls else False
        with engine_errors(SandboxStartError):
            api = APIClient(base_url=line.url, version=line.api_version, timeout=timeout_s, tls=tls)
        api.trust_env = False  # REQUESTS_CA_BUNDLE and proxies would win over what is asked for
        return cls(line, api)

    def attach(self, exec_id: str) -> tuple[Connection, bytes]:
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
            connection = self._line.dial()
            on_failure.callback(connection.close)
            connection.sendall(request.encode() + body)
            head, rest = read_head(connection)
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


def _message(body: bytes) -> str:
    start = body.find(b"{")
    try:
        return str(json.loads(body[start : body.rfind(b"}") + 1])["message"])
    except (ValueError, KeyError):
        return body.decode(errors="replace").strip()
