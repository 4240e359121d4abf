"""A model that answers at once: an OpenAI-compatible server that plays a fixed plan.

    python -m evals.bench.model_server

Prints its port. The path chooses the plan, `/PLAN/STEPS/v1`, and the number of tool messages in
the request the place in it, so the server keeps no state. Each request is announced on stdout and
the first of a conversation is answered half a second later: time to look at the asking process.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Call = tuple[str, dict[str, object]]
FIRST_REPLY_S = 0.5


def plan_calls(plan: str, steps: int) -> Iterator[Call]:
    """The calls of a plan, in order; a `bare-` plan is for loops that lack our actions."""
    kind = plan.removeprefix("bare-")
    if kind == plan:
        yield "freeze_blueprint", {"unproven": ["*"]}
        yield "write_file", {"path": "note.txt", "content": "line\n" * 20}
    for number in range(steps):
        if kind == "mini":
            yield "bash", {"command": f"echo step {number}"}
        elif kind == "read":
            yield "read_file", {"path": "note.txt", "offset": number % 9 + 1}  # no circle
        else:
            yield "write_file", {"path": "note.txt", "content": f"line {number}\n" * 20}
    if kind == plan:
        yield "finish", {"summary": "end of the plan", "give_up": True}


def answer(plan: str, steps: int, done: int) -> dict[str, object]:
    """The reply after `done` tool messages: the plan's next call, or text when it is over."""
    calls = list(plan_calls(plan, steps))[done : done + 1]
    message: dict[str, object] = {"role": "assistant", "content": "next" if calls else "done"}
    if calls:
        function = {"name": calls[0][0], "arguments": json.dumps(calls[0][1])}
        message["tool_calls"] = [{"id": f"call-{done}", "type": "function", "function": function}]
    return {
        "id": "bench",
        "object": "chat.completion",
        "created": 0,
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": "tool_calls" if calls else "stop",
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


class Handler(BaseHTTPRequestHandler):
    """Answers POST /PLAN/STEPS/v1/chat/completions."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr."""

    def do_POST(self) -> None:
        """Announce the request and answer it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _, plan, steps, *_ = self.path.split("/")
        done = sum(message["role"] == "tool" for message in body["messages"])
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        if done == 0:
            time.sleep(FIRST_REPLY_S)
        content = json.dumps(answer(plan, int(steps), done)).encode()
        with suppress(ConnectionError):  # whoever measures a start does not wait for the answer
            self._send(content)

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
