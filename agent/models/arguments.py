"""Arguments of tool calls, between JSON text and objects."""

import json
from collections.abc import Mapping

from pydantic import JsonValue


def arguments_object(arguments: str) -> dict[str, JsonValue]:
    """The arguments as an object; `{"invalid_json": TEXT}` when they are none.

    Several servers parse the arguments in the history and refuse the whole request over a reply
    that was cut off, so the model's broken text goes back inside a sound object.
    """
    try:
        value = json.loads(arguments)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"invalid_json": arguments}


def arguments_text(arguments: Mapping[str, JsonValue] | str | None) -> str:
    """The arguments as `ToolCall` wants them, whatever a client library made of them."""
    if isinstance(arguments, str):
        return arguments
    return json.dumps(arguments or {}, ensure_ascii=False)
