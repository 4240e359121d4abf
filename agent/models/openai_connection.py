"""The client of one endpoint, and a way to hang up on a request that nobody waits for."""

import socket
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import openai

CONNECT_S = 15.0
"""For TCP and TLS each."""


class Connection:
    """An openai client that sends one request at a time."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._sockets: list[socket.socket] = []
        http = openai.DefaultHttpxClient(event_hooks={"request": [_note_sockets(self._sockets)]})
        self._client = openai.OpenAI(
            api_key=api_key, base_url=base_url, max_retries=0, http_client=http
        )
        weakref.finalize(self, http.close)

    def post(self, body: bytes, timeout_s: float) -> str:
        """The text of the answer to a chat completions request.

        Raises:
            openai.OpenAIError: there is none.
        """
        timeout = openai.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S))
        options: openai.RequestOptions = {"timeout": timeout}
        return self._client.post("/chat/completions", content=body, cast_to=str, options=options)

    def hang_up(self) -> None:
        """Cut the connection under a running request: its thread ends, the provider stops."""
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()


def _note_sockets(sockets: list[socket.socket]) -> Callable[[Any], None]:
    """A request hook that keeps the newest socket in the list (httpcore's `trace` extension)."""

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            sockets[:] = [info["return_value"].get_extra_info("socket")]

    def hook(request: Any) -> None:  # noqa: ANN401 - of httpx2, the client's own choice
        request.extensions["trace"] = trace

    return hook
