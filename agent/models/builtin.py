"""No model at all: a fixed plan that turns a structured spec into the same tool calls.

It needs no key and no network. It understands nothing beyond what intake read, so requirements
that intake left without a node stay without proof, and such a run ends `unmet`.
"""

import json
from collections.abc import Sequence

from agent.models.base import Completion, Message, ToolCall, ToolSchema, Usage
from sandbox.deadline import Deadline

PLAN: tuple[tuple[str, dict[str, object]], ...] = (
    ("freeze_blueprint", {"unproven": ["*"]}),
    ("generate_code", {}),
    ("run_tests", {}),
    ("finish", {"summary": "Backend generated from the spec by the builtin planner"}),
)
GIVE_UP: tuple[str, dict[str, object]] = (
    "finish",
    {"summary": "The builtin planner has no other idea", "give_up": True},
)

NOT_FROZEN = "not frozen"
"""How the refusal of `freeze_blueprint` begins."""


class BuiltinModel:
    """The deterministic planner. One call a reply, so that a person can follow it."""

    name = "builtin"

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],  # noqa: ARG002 - the plan is fixed
        *,
        deadline: Deadline,  # noqa: ARG002 - answers at once
        max_output_tokens: int | None = None,  # noqa: ARG002 - costs nothing
    ) -> Completion:
        """The plan's next call; giving up when the last one was refused."""
        step = sum(message.role == "assistant" for message in messages)
        refused = messages[-1].role == "tool" and messages[-1].text.startswith(NOT_FROZEN)
        name, arguments = PLAN[step] if step < len(PLAN) and not refused else GIVE_UP
        call = ToolCall(id=f"builtin-{step + 1}", name=name, arguments=json.dumps(arguments))
        return Completion(text="", calls=(call,), finish_reason="tool_calls", usage=Usage())
