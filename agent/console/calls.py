"""A tool call in a few words: `write_file app/main.py`."""

import json

from agent.console.text import one_line
from agent.models.base import ToolCall

TARGET_KEYS = ("method", "path", "command", "argv", "query", "pattern", "entity", "name", "summary")
"""Arguments that say what a call is about, in the order they are shown."""


def describe_call(call: ToolCall) -> str:
    """The tool's name and its target, on one clean line. The arguments may be broken JSON."""
    return one_line(" ".join([call.name, *_targets(call.arguments)]), 72)


def asks_for_verdict(call: ToolCall) -> bool:
    """Whether the verifier is about to work, which takes a while."""
    return call.name == "finish" and not _values(call.arguments).get("give_up")


def _targets(arguments: str) -> list[str]:
    values = _values(arguments)
    return [_words(values[key]) for key in TARGET_KEYS if values.get(key)][:2]


def _values(arguments: str) -> dict[str, object]:
    try:
        values = json.loads(arguments)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _words(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return str(value)
