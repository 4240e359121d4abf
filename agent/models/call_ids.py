"""Call ids that can be told apart, whatever a server sends."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from agent.models.base import Completion, Message
from agent.models.growing import KnownMessages


class CallIds:
    """The ids that a conversation has used."""

    def __init__(self) -> None:
        self._known = KnownMessages()
        self._used: set[str] = set()

    def made_unique(self, reply: Completion, messages: Sequence[Message]) -> Completion:
        """The reply; a call of it without an id, or with a used one, gets another.

        Args:
            reply: to the conversation.
            messages: the conversation before it, usually that of the last reply and some more.
        """
        first = self._known.first_new(messages)
        if first == 0:
            self._used.clear()
        self._used.update(call.id for message in messages[first:] for call in message.calls)
        calls = []
        for call in reply.calls:
            taken = not call.id or call.id in self._used
            calls.append(call.model_copy(update={"id": _new_id()}) if taken else call)
            self._used.add(calls[-1].id)
        return replace(reply, calls=tuple(calls))


def _new_id() -> str:
    """Nine letters and digits: Mistral takes no other length, nobody refuses them."""
    return uuid4().hex[:9]
