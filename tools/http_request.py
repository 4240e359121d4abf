"""Sends a request to the server in the sandbox, from inside the sandbox."""

import json
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field, JsonValue

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import cut_middle
from tools.guest import guest_argv
from tools.machine import MachineCommand, run_in_machine
from tools.server_logs import ServerLogsArgs, server_logs

TIMEOUT_S = 40
MAX_ANSWER_CHARS = 6_000
LOG_LINES = 100


class HttpRequestArgs(Args):
    """Arguments of `http_request`."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        description="HTTP method"
    )
    path: str = Field(pattern=r"^/[^\s]*$", description="Path with base path and query string")
    token: str = Field("", description="Access token, sent as Bearer")
    json_body: JsonValue = Field(None, description="JSON body")
    form: dict[str, str] | None = Field(None, description="Form body, instead of JSON")
    headers: dict[str, str] = Field({}, description="Further headers")


def http_request(ctx: ToolContext, args: HttpRequestArgs) -> Observation:
    """Send one request to the running server and show status, headers and body as they come.

    After a 5xx the end of the server's log follows.
    """
    headers, body = _encode(args)
    port = ctx.blueprint.load().conventions.commands.port
    asked = {
        "port": port,
        "method": args.method,
        "path": args.path,
        "headers": headers,
        "body": body,
    }
    command = MachineCommand(
        argv=guest_argv("request"), timeout_s=TIMEOUT_S, input=json.dumps(asked).encode()
    )
    outcome = run_in_machine(ctx, command)
    answer = outcome.result.output.strip("\n")
    if not outcome.result.ok:
        raise ToolError(f"{answer or outcome.ending}\nIs the server running? See server_logs.")
    text = cut_middle(answer, MAX_ANSWER_CHARS, "ask for a smaller page")
    return Observation(text=text + _log_after_failure(ctx, answer))


def _encode(args: HttpRequestArgs) -> tuple[dict[str, str], str | None]:
    headers = {"Accept": "application/json"}
    body: str | None = None
    if args.form is not None and args.json_body is not None:
        raise ToolError("give json_body or form, not both")
    if args.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(args.form)
    elif args.json_body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(args.json_body)
    if args.token:
        headers["Authorization"] = f"Bearer {args.token}"
    return headers | args.headers, body


def _log_after_failure(ctx: ToolContext, answer: str) -> str:
    if not answer.startswith("HTTP 5"):
        return ""
    log = server_logs(ctx, ServerLogsArgs(lines=LOG_LINES)).text
    return f"\n\nServer log, {log[-MAX_ANSWER_CHARS:]}"


HTTP_REQUEST = Tool("http_request", HttpRequestArgs, http_request, phase="after_freeze")
