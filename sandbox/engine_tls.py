"""TLS to a Docker engine that is reached by `tcp://`."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.base import SandboxStartError

if TYPE_CHECKING:
    from docker.tls import TLSConfig

CHUNK = 2**16


@dataclass(frozen=True, kw_only=True)
class TlsFiles:
    """PEM files; those that are None are not used."""

    ca: Path | None
    """Who may have signed the engine's certificate; None is whom this machine trusts."""
    cert: Path | None
    key: Path | None
    """The user's certificate and its key, for an engine that asks for them."""
    is_verified: bool
    """Whether the engine has to prove that it is the one of that name."""

    def context(self) -> ssl.SSLContext:
        """Settings for a connection.

        Raises:
            SandboxStartError: a file is missing, or is not what its name says.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca if self.is_verified else None)
            if self.cert and self.key:
                context.load_cert_chain(self.cert, self.key, password="")
        except (OSError, ValueError) as exc:
            files = ", ".join(str(path) for path in (self.ca, self.cert, self.key) if path)
            raise SandboxStartError(
                f"cannot use the certificates for the Docker engine ({exc}): {files} have to be "
                "readable PEM files, the key one without a password; DOCKER_CERT_PATH names their "
                "folder"
            ) from exc
        if not self.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def for_sdk(self) -> "TLSConfig":
        """The same in the SDK's words."""
        from docker.tls import TLSConfig  # noqa: PLC0415 - loaded with the SDK

        pair = (str(self.cert), str(self.key)) if self.cert and self.key else None
        return TLSConfig(
            client_cert=pair, ca_cert=str(self.ca) if self.ca else None, verify=self.is_verified
        )


class TlsConnection:
    """A socket's methods over TLS, with an end of input that leaves the output open.

    `ssl.SSLSocket` cannot do the latter: its `unwrap` waits for the other side to end too, and
    throws away what that one still has to say.
    """

    def __init__(self, raw: socket.socket, context: ssl.SSLContext, host: str) -> None:
        """Shake hands over a connected socket, which is owned from then on."""
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._has_ended_input = False
        self._shake_hands()

    def __enter__(self) -> "TlsConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """To poll; nothing that was received is kept back from `recv`."""
        return self._raw.fileno()

    def setblocking(self, flag: bool, /) -> None:
        """See `socket.setblocking`."""
        self._raw.setblocking(flag)

    def recv(self, _size: int, /) -> bytes:
        """All that is there, which may be more than asked for; empty at the end.

        Raises:
            BlockingIOError: nothing is there yet.
        """
        while True:
            data, is_end = self._decrypt()
            if data or is_end:
                return data
            self._receive()

    def send(self, data: bytes | memoryview, /) -> int:
        """Take all of it, and send as much as goes.

        Raises:
            BlockingIOError: what was taken before has not gone yet; nothing was taken.
        """
        self._flush()
        taken = self._tls.write(data)
        with suppress(BlockingIOError):
            self._flush()
        return taken

    def sendall(self, data: bytes, /) -> None:
        """See `socket.sendall`."""
        while data:
            data = data[self.send(data) :]
        self._flush()

    def shutdown(self, _how: int, /) -> None:
        """End the input (SHUT_WR); the other side may go on.

        Raises:
            BlockingIOError: not all has gone yet; call again.
        """
        if not self._has_ended_input:
            self._has_ended_input = True
            with suppress(ssl.SSLWantReadError):  # it would wait for the other side's end
                self._tls.unwrap()
        self._flush()

    def close(self) -> None:
        """Close the socket."""
        self._raw.close()

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
            else:
                self._flush()
                return

    def _decrypt(self) -> tuple[bytes, bool]:
        """All that was received, and whether the other side has said that this is the end."""
        data = b""
        try:
            while more := self._tls.read(CHUNK):
                data += more
        except ssl.SSLWantReadError:
            return data, False
        except ssl.SSLZeroReturnError:  # the end, when ours was sent before
            pass
        return data, True

    def _receive(self) -> None:
        if data := self._raw.recv(CHUNK):
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._raw.send(self._unsent) :]
