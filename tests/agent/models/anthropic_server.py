"""What an Anthropic server answers to `POST /v1/messages` (docs.claude.com/en/api/messages)."""

import json

from tests.agent.models.openai_server import Act, answer

STOP_REASONS = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
}
USAGE = {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 10}
"""100 tokens of input: Anthropic counts those from the cache apart."""


def reply(text: str, *calls: tuple[str, str, str], finish: str = "stop") -> Act:
    """A sound message; a call is (id, name, arguments)."""
    blocks: list[dict[str, object]] = [{"type": "text", "text": text}] if text else []
    blocks += [
        {"type": "tool_use", "id": id_, "name": name, "input": json.loads(arguments)}
        for id_, name, arguments in calls
    ]
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m1",
        "content": blocks,
        "stop_reason": STOP_REASONS[finish],
        "stop_sequence": None,
        "usage": USAGE,
    }
    return answer(200, body)


def refuse(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> Act:
    """An error in Anthropic's form."""
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return answer(status, body, headers)
