"""A wrapper that writes down what a model is asked and answers, for `replay:FILE`."""

from collections.abc import Sequence
from pathlib import Path

from agent.models.base import Completion, Message, Model, ToolSchema
from agent.models.exchange import Exchange, Said, common_length, hear, tools_digest
from sandbox.deadline import Deadline


class RecordingModel:
    """Another model, with every exchange appended to a file. See agent/models/exchange.py."""

    def __init__(self, inner: Model, path: Path) -> None:
        """The file is made with the first exchange; one that exists goes on."""
        self.name = inner.name
        self._inner = inner
        self._path = path
        self._before: list[Message] = []

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        """See `Model.complete`; errors are not recorded."""
        reply = self._inner.complete(
            messages, tools, deadline=deadline, max_output_tokens=max_output_tokens
        )
        known = common_length(self._before, messages)
        self._before = list(messages)
        exchange = Exchange(
            known=known,
            new=tuple(hear(message) for message in messages[known:]),
            tools=tools_digest(tools),
            reply=Said.of(reply),
        )
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(exchange.model_dump_json(exclude_none=True) + "\n")
        return reply
