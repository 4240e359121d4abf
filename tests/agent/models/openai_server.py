"""A real HTTP server on loopback that speaks chat completions, and misbehaves on request."""

import json
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler"], None]
"""What the server does with one request."""


@dataclass
class OpenAIServer:
    """Does its acts one after the other, the last one for every further request."""

    acts: deque[Act] = field(default_factory=deque)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Every request, parsed."""
    keys: list[str | None] = field(default_factory=list)
    """Every request's Authorization header."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the test: whoever hangs goes home."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when a client cut the connection while an act hung or dripped."""
    url: str = ""

    def script(self, *acts: Act) -> None:
        self.acts = deque(acts)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet: no delayed ACK of 40 ms in between
    state: OpenAIServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.state.bodies.append(json.loads(self.rfile.read(length)))
        self.state.keys.append(self.headers["Authorization"])
        acts = self.state.acts
        act = acts.popleft() if len(acts) > 1 else acts[0]
        act(self)

    def start(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    """Says nothing about a client that left."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as given


def serve(state: OpenAIServer) -> ThreadingHTTPServer:
    """A server on a free port, running in a thread; `shutdown` and `server_close` end it."""
    handler = type("BoundHandler", (Handler,), {"state": state})
    server = QuietServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    return server


def reply(
    text: str | None = "hi",
    *calls: tuple[str | None, str, str],
    finish: str | None = "stop",
    usage: dict[str, Any] | None = None,
    **message: object,
) -> Act:
    """A sound chat completion; a call is (id, name, arguments)."""
    said: dict[str, Any] = {"role": "assistant", "content": text, **message}
    if calls:
        said["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id_, name, arguments in calls
        ]
    body = {
        "id": "c1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": usage,
    }
    return answer(200, body)


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> Act:
    """Any body; a str is sent as it is."""
    data = (body if isinstance(body, str) else json.dumps(body)).encode()

    def act(handler: Handler) -> None:
        handler.start(status, len(data), headers)
        handler.wfile.write(data)

    return act


def refuse(
    status: int,
    message: str = "no",
    *,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> Act:
    """An error in OpenAI's form."""
    return answer(status, {"error": {"message": message, "type": "t", "code": code}}, headers)


def reset_in_body(handler: Handler) -> None:
    """Half a reply, then the connection is gone."""
    handler.start(200, 1000)
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def hang(handler: Handler) -> None:
    """No answer; notes when the client gives up."""
    handler.connection.settimeout(5)
    if not handler.rfile.read(1):
        handler.state.hung_up.set()
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """A reply that never ends."""
    handler.start(200, 10**6)
    handler.close_connection = True
    while not handler.state.released.wait(0.05):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            handler.state.hung_up.set()
            return
