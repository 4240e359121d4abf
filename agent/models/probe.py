"""Whether a model makes a tool call when asked to, in each of the two ways to ask."""

import json
from dataclasses import dataclass

from agent.errors import ModelError
from agent.models.base import Message, ToolCall, ToolSchema
from agent.models.profiles import ToolMode
from agent.models.registry import open_model
from agent.settings import Settings
from sandbox.deadline import Deadline

QUESTION = (Message("system", "You work through tools."), Message("user", "Add 17 and 25."))
NUMBER = {"type": "integer"}
ADD = ToolSchema(
    "add",
    "Adds two numbers.",
    {
        "type": "object",
        "properties": {"a": NUMBER, "b": NUMBER},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
)
MAX_TOKENS = 512
"""Room for a little thought before the call."""


@dataclass(frozen=True)
class Probed:
    """How the model answered."""

    ok: bool
    detail: str
    """Seconds, or what it did instead."""


def probe_tools(name: str, settings: Settings, mode: ToolMode, timeout_s: float) -> Probed:
    """One small question that only a tool call answers.

    Args:
        name: of the model, as the user wrote it.
        settings: for its key and address.
        mode: how to ask.
        timeout_s: for the whole call, retries included.

    Raises:
        SettingsError: the model cannot be opened.
    """
    model = open_model(name, settings.model_copy(update={"tool_mode": mode}))
    try:
        reply = model.complete(
            QUESTION, (ADD,), deadline=Deadline.after(timeout_s), max_output_tokens=MAX_TOKENS
        )
    except ModelError as exc:
        return Probed(False, str(exc))
    if [_meant(call) for call in reply.calls] == [(ADD.name, {"a": 17, "b": 25})]:
        return Probed(True, f"{reply.seconds:.1f} s")
    made = ", ".join(f"{call.name}({call.arguments})" for call in reply.calls)
    said = made or reply.text or reply.finish_reason
    return Probed(False, f"asked to add two numbers, it answered {said[:120]!r}")


def _meant(call: ToolCall) -> tuple[str, object]:
    try:
        arguments: object = json.loads(call.arguments)
    except ValueError:
        arguments = call.arguments
    return call.name, arguments
