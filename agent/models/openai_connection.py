"""The client of one endpoint, and a way to hang up on a request that nobody waits for."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import openai

CONNECT_S = 15.0
"""For name resolution's result, TCP and TLS each."""


class Connection:
    """An openai client that sends one request at a time."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._sockets: list[socket.socket] = []
        self._client = openai.OpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(event_hooks={"request": [self._watch]}),
        )

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

    def _watch(self, request: Any) -> None:  # noqa: ANN401 - httpx2 is the client's own choice
        request.extensions["trace"] = self._note_socket

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        """See https://www.encode.io/httpcore/extensions/#trace."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._sockets = [info["return_value"].get_extra_info("socket")]
