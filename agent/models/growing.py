"""A conversation that only grows, each of its messages converted once."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from agent.models.base import Message

T = TypeVar("T")


class GrowingConversation(Generic[T]):
    """Remembers the converted messages of the last request."""

    def __init__(self, convert: Callable[[Message], T]) -> None:
        self._convert = convert
        self._messages: list[Message] = []
        self._converted: list[T] = []

    def converted(self, messages: Sequence[Message]) -> list[T]:
        """Every message converted: those that the last request began with are not done again."""
        same = 0
        for old, new in zip(self._messages, messages, strict=False):
            if old is not new and old != new:
                break
            same += 1
        del self._messages[same:], self._converted[same:]
        self._messages += messages[same:]
        self._converted += map(self._convert, messages[same:])
        return self._converted
