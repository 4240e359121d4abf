"""The record of a model's replies in a file: what `RecordingModel` writes and `ReplayModel` reads.

JSON Lines, one exchange a line, in the order of the calls:

    {"known": 2, "new": [{"role": "assistant", "sha256": "..."}, {"role": "tool", "sha256": "...",
     "text": "..."}], "tools": "<sha256>", "reply": {"text": "...", "calls": [...], ...}}

`known` says how many messages the exchange before had in common with this one (0 for another
conversation), `new` lists those after them. A digest covers role, text and calls, but no call id,
with the volatile parts taken out; the text is kept only where it is short, to show a difference.
"""

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict

from agent.models.base import Completion, FinishReason, Message, ToolCall, ToolSchema, Usage

VOLATILE = (
    (re.compile(r"\b\d+(\.\d+)?(?= ?(ms|s|seconds)\b)"), "<duration>"),
    (re.compile(r"/tmp/[\w./-]+"), "<temp>"),  # noqa: S108 - a pattern, not a file
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"\b0x[0-9a-f]{6,16}\b"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{12,64}\b"), "<hash>"),
    (
        re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{16,}(?![\w-])"),
        "<random>",
    ),
)
"""What may differ between a run and its replay: pattern -> placeholder, in this order."""
KEPT_CHARS = 2000
"""Longest text that is kept."""


class Heard(BaseModel):
    """A message that was new to the model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["system", "user", "assistant", "tool"]
    sha256: str
    text: str | None = None
    """Normalized. None: too long, or the model's own, which is a reply above."""


class Said(BaseModel):
    """A completion, as data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason
    usage: Usage

    @classmethod
    def of(cls, reply: Completion) -> "Said":
        """All of it but its duration."""
        return cls(
            text=reply.text,
            calls=reply.calls,
            finish_reason=reply.finish_reason,
            usage=reply.usage,
        )

    def completion(self) -> Completion:
        """The reply, to be given again."""
        return Completion(
            text=self.text,
            calls=self.calls,
            finish_reason=self.finish_reason,
            usage=self.usage,
        )


class Exchange(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known: int
    new: tuple[Heard, ...]
    tools: str
    reply: Said


def common_length(before: Sequence[Message], now: Sequence[Message]) -> int:
    """How many messages two requests share from the start, if the second goes on from the first."""
    return len(before) if list(now[: len(before)]) == list(before) else 0


def hear(message: Message) -> Heard:
    """A message, as it is recorded and compared."""
    text = normalize(message.text)
    calls = [(call.name, normalize(call.arguments)) for call in message.calls]
    digest = sha256(json.dumps([message.role, text, calls]).encode()).hexdigest()
    kept = message.role != "assistant" and len(text) <= KEPT_CHARS
    return Heard(role=message.role, sha256=digest, text=text if kept else None)


def tools_digest(tools: Sequence[ToolSchema]) -> str:
    """A digest of what the model can call."""
    listed = [(tool.name, tool.description, tool.parameters) for tool in tools]
    return sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()


def normalize(text: str) -> str:
    """The text with its volatile parts replaced."""
    for pattern, placeholder in VOLATILE:
        text = pattern.sub(placeholder, text)
    return text
