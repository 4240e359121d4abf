"""Call ids that can be told apart, whatever a server sends."""

from collections.abc import Iterable, Sequence
from uuid import uuid4

from agent.models.base import Message, ToolCall


def with_unique_ids(calls: Iterable[ToolCall], messages: Sequence[Message]) -> tuple[ToolCall, ...]:
    """The calls in their order; one without an id, or with a used one, gets another.

    Args:
        calls: of one reply.
        messages: the conversation before it, whose ids are used.
    """
    used = {call.id for message in messages for call in message.calls}
    unique = []
    for call in calls:
        if not call.id or call.id in used:
            call = call.model_copy(update={"id": _new_id()})  # noqa: PLW2901 - the same call
        used.add(call.id)
        unique.append(call)
    return tuple(unique)


def _new_id() -> str:
    """Nine letters and digits: Mistral takes no other length, nobody refuses them."""
    return uuid4().hex[:9]
