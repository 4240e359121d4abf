"""A conversation that only grows, so that each of its messages is worked on once.

The list is compared with the last one element by element, but in C and by identity: a step of a
conversation of a thousand messages costs what a step of ten costs.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from agent.models.base import Message

T = TypeVar("T")


class KnownMessages:
    """Tells what is new in a conversation."""

    def __init__(self) -> None:
        self._known: list[Message] = []

    def first_new(self, messages: Sequence[Message]) -> int:
        """Index of the first message since the last call; 0 when it is another conversation."""
        known = len(self._known)
        first = known if list(messages[:known]) == self._known else 0
        self._known[first:] = messages[first:]
        return first


class GrowingConversation(Generic[T]):
    """Remembers the converted messages of the last request."""

    def __init__(self, convert: Callable[[Message], T]) -> None:
        self._convert = convert
        self._known = KnownMessages()
        self._converted: list[T] = []

    def converted(self, messages: Sequence[Message]) -> list[T]:
        """Every message converted: those that the last request began with are not done again."""
        first = self._known.first_new(messages)
        self._converted[first:] = map(self._convert, messages[first:])
        return self._converted
