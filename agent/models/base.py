"""The model seam: messages and tool schemas in, one completion out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from sandbox.deadline import Deadline


class ToolCall(BaseModel):
    """A call that the model asks for. Untrusted until a tool's args model has read it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: str
    name: str
    arguments: str
    """JSON text exactly as the model wrote it, possibly invalid."""


class Usage(BaseModel):
    """Tokens of one or more calls."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    input_tokens: int = 0
    """All input, cached or not."""
    cached_tokens: int = 0
    """Part of `input_tokens` that the provider served from its cache."""
    output_tokens: int = 0
    estimated: bool = False
    """True when the provider reported none and characters / 4 stand in."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            estimated=self.estimated or other.estimated,
        )

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    """Only on an assistant's message."""
    call_id: str | None = None
    """Only on a tool's message: the call it answers."""

    @property
    def chars(self) -> int:
        """Characters of its text and of the arguments of its calls."""
        return len(self.text) + sum(len(call.arguments) for call in self.calls)


@dataclass(frozen=True)
class ToolSchema:
    """A tool as the model sees it."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments object."""


FinishReason = Literal["stop", "tool_calls", "length", "content_filter"]


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One reply of a model."""

    text: str
    calls: tuple[ToolCall, ...]
    finish_reason: FinishReason
    usage: Usage
    seconds: float = 0.0


class Model(Protocol):
    """Something that answers. One conversation at a time."""

    name: str
    """As the user wrote it: `openai:NAME`, `builtin`, ..."""

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        """One reply; retries of passing faults happen inside, within the deadline.

        Raises:
            ModelError: see agent/errors.py for the three kinds.
        """


def estimate_tokens(chars: int) -> int:
    """Tokens of a text of that many characters, when nobody counts them (4 characters each)."""
    return chars // 4
