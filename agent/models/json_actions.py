"""Tools for models without reliable tool calls of their own: one JSON action a reply.

    {"action": "add_entity", "arguments": {"name": "book", ...}}

The endpoint is asked to hold the reply to a JSON Schema of all actions; what still misses the form
by little is repaired, because servers hold to it loosely: control characters in strings, fences,
words around the object (Qwen2.5-Coder and SmolLM2 on llama.cpp, 2026-11).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import json_repair

from agent.models.base import Completion, Message, ToolCall, ToolSchema
from agent.models.call_ids import CallIds
from agent.models.growing import GrowingConversation
from sandbox.deadline import Deadline

MAX_ACTION_TOKENS = 1_500
"""A small model that writes more has lost itself in a string."""
INTRODUCTION = """# Actions

Reply with exactly one JSON object and nothing else:
{"action": NAME, "arguments": {...}}

The actions and their arguments (`?`: may be left out):
"""
UNSURE_KEYWORDS = frozenset({"pattern", "format", "default", "description"})
"""Of JSON Schema, left out: one that llama.cpp's converters cannot read (`^/` without `$`) makes
the Python server silently hold the reply to any JSON at all. The arguments are checked later."""
_TYPES = {"string": "text", "array": "list", "boolean": "true|false"}


class SchemaModel(Protocol):
    """A model whose replies can be held to a schema."""

    name: str

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
        reply_schema: dict[str, Any] | None = None,
    ) -> Completion:
        """As `Model.complete`; the text should then be JSON of that schema."""


class JsonActionModel:
    """Asks a model for actions in JSON and passes them on as tool calls."""

    def __init__(self, model: SchemaModel) -> None:
        """Takes over the model's name."""
        self.name = model.name
        self._model = model
        self._ids = CallIds()
        self._conversation = GrowingConversation(_plain)

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        """See `Model.complete`; without tools the reply is free text."""
        if not tools:
            return self._model.complete(
                messages, (), deadline=deadline, max_output_tokens=max_output_tokens
            )
        reply = self._model.complete(
            with_actions(self._conversation.converted(messages), tools),
            (),
            deadline=deadline,
            max_output_tokens=min(max_output_tokens or MAX_ACTION_TOKENS, MAX_ACTION_TOKENS),
            reply_schema=action_schema(tools),
        )
        call = read_action(reply.text)
        if call is None or reply.finish_reason != "stop":
            return reply
        acting = replace(reply, text="", calls=(call,), finish_reason="tool_calls")
        return self._ids.made_unique(acting, messages)


def with_actions(messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
    """The conversation with the actions listed after its first message."""
    first, *others = messages
    listed = "\n".join(map(_described, tools))
    return [Message(first.role, f"{first.text}\n\n{INTRODUCTION}{listed}"), *others]


def action_schema(tools: Sequence[ToolSchema]) -> dict[str, Any]:
    """JSON Schema of one action: the object of any of the tools."""
    definitions: dict[str, Any] = {}
    choices = []
    for tool in tools:
        arguments = {key: part for key, part in tool.parameters.items() if key != "$defs"}
        definitions |= tool.parameters.get("$defs", {})
        choices.append(
            {
                "type": "object",
                "properties": {"action": {"const": tool.name}, "arguments": arguments},
                "required": ["action", "arguments"],
                "additionalProperties": False,
            }
        )
    schema: dict[str, Any] = {"anyOf": choices} | ({"$defs": definitions} if definitions else {})
    sure: dict[str, Any] = _sure(schema)
    return sure


def _sure(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The part without `UNSURE_KEYWORDS`; a property may be called like one."""
    if isinstance(part, list):
        return [_sure(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: one for key, one in part.items() if key not in UNSURE_KEYWORDS}
    return {
        key: {name: _sure(one) for name, one in value.items()}
        if key in {"properties", "$defs"}
        else _sure(value)
        for key, value in kept.items()
    }


def read_action(text: str) -> ToolCall | None:
    """The action that a reply holds, its id left open; None when there is none."""
    found = json_repair.loads(text)
    actions = found if isinstance(found, list) else [found]
    for action in actions:
        if isinstance(action, dict) and isinstance(action.get("action"), str):
            return ToolCall(id="", name=action["action"], arguments=_arguments(action))
    return None


def _arguments(action: dict[str, Any]) -> str:
    """Of an action; small models put them beside its name, too."""
    given = action.get("arguments")
    if given is None:
        given = {key: value for key, value in action.items() if key != "action"}
    return json.dumps(given, ensure_ascii=False)


def _plain(message: Message) -> Message:
    """A message without tool calls: what was called is the JSON that the model wrote."""
    if message.role == "tool":
        return Message("user", message.text)
    if not message.calls:
        return message
    return Message("assistant", "\n".join(map(_written, message.calls)))


def _written(call: ToolCall) -> str:
    name = json.dumps(call.name, ensure_ascii=False)
    return f'{{"action": {name}, "arguments": {call.arguments or "{}"}}}'


def _described(tool: ToolSchema) -> str:
    arguments = ", ".join(_signature(tool.parameters, tool.parameters.get("$defs", {})))
    return f"- {tool.name}({arguments}): {tool.description}"


def _signature(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        optional = "" if name in required else "?"
        yield f"{name}{optional}: {_type(part, definitions)}"


def _type(part: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in part:
        part = definitions[part["$ref"].rpartition("/")[2]]
    if "enum" in part:
        return "|".join(map(str, part["enum"]))
    if "anyOf" in part:
        kinds = [one for one in part["anyOf"] if one.get("type") != "null"]
        return "|".join(_type(one, definitions) for one in kinds)
    if part.get("type") == "array":
        return f"[{_type(part.get('items', {}), definitions)}]"
    if "properties" in part:
        return f"{{{', '.join(_signature(part, definitions))}}}"
    kind = str(part.get("type", "any"))
    return _TYPES.get(kind, kind)
