"""The faults of the matrix in the wire formats of providers behind LangChain.

A name here is a name there: the run must end as it does for the openai adapter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tests.agent.fault_matrix import RETRY_AFTER_S
from tests.agent.models import anthropic_server, ollama_server
from tests.agent.models.openai_server import Act, answer, drip, hang, reset_in_body


class Reply(Protocol):
    """A sound reply in a provider's form."""

    def __call__(self, text: str, *calls: tuple[str, str, str], finish: str = ...) -> Act:
        """Calls are (id, name, arguments)."""


@dataclass(frozen=True)
class Provider:
    """One wire format."""

    spec: str
    """Of the model, after `langchain:`."""
    reply: Reply
    faults: Mapping[str, Act]
    """Name in the matrix -> the same in this form; without those that it cannot say."""


def call(name: str, arguments: str = "{}", id_: str = "x") -> tuple[str, str, str]:
    return id_, name, arguments


def common_faults(reply: Reply) -> dict[str, Act]:
    """Those that look the same, or are made of a provider's sound reply."""
    return {
        "502 with a proxy's page": answer(502, "<html>Bad gateway</html>"),
        "reset in the body": reset_in_body,
        "hang": hang,
        "slow drip": drip,
        "invalid body": answer(200, '{"choices": ['),
        "empty body": answer(200, ""),
        "unknown tool": reply("", call("notes"), finish="tool_calls"),
        "wrong types": reply("", call("note", '{"text": 1}'), finish="tool_calls"),
        "finish_reason length": reply("", call("finish", '{"summary": "x"}'), finish="length"),
        "empty reply": reply(""),
        "claims to be done": reply("All tests pass, I am done."),
        "duplicate call ids": reply("", call("look"), call("look"), finish="tool_calls"),
    }


_refuse = anthropic_server.refuse
ANTHROPIC = Provider(
    "anthropic:claude-sonnet-5-5",
    anthropic_server.reply,
    {
        **common_faults(anthropic_server.reply),
        "429 without Retry-After": _refuse(429, "rate_limit_error", "slow down"),
        "429 with Retry-After": _refuse(
            429, "rate_limit_error", "slow down", {"retry-after": str(RETRY_AFTER_S)}
        ),
        "500": _refuse(500, "api_error", "no"),
        "529": _refuse(529, "overloaded_error", "Overloaded"),
        "refusal": anthropic_server.reply("", finish="content_filter"),
        "context overflow": _refuse(
            400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"
        ),
        "model not found": _refuse(404, "not_found_error", "model: m1"),
        "bad key": _refuse(401, "authentication_error", "invalid x-api-key"),
        "key without permission": _refuse(403, "permission_error", "no"),
        "no credit": _refuse(
            400, "invalid_request_error", "Your credit balance is too low to access the API."
        ),
        "request refused": _refuse(400, "invalid_request_error", "bad schema"),
    },
)
OLLAMA = Provider(
    "ollama:m1",
    ollama_server.reply,
    {
        **common_faults(ollama_server.reply),
        "429 without Retry-After": ollama_server.refuse(429, "slow down"),
        "500": ollama_server.refuse(500, "llama runner process has terminated"),
        "503": ollama_server.refuse(503, "server busy, please try again"),
        "error with status 200": ollama_server.lines({"error": "an error was encountered"}),
        "empty choices": ollama_server.lines(),
        "model not found": ollama_server.refuse(404, "model 'm1' not found"),
        "bad key": ollama_server.refuse(401, "unauthorized"),
        "request refused": ollama_server.refuse(400, "bad schema"),
    },
)
PROVIDERS = {"anthropic": ANTHROPIC, "ollama": OLLAMA}
