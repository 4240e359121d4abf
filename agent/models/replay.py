"""A model that answers from a recording, and refuses to as soon as it is asked something else."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from agent.errors import ModelRejected, ModelUnavailable, SettingsError
from agent.models.base import Completion, Message, ToolSchema
from agent.models.exchange import Exchange, Heard, common_length, hear, tools_digest
from agent.models.retry import why_over
from sandbox.deadline import Deadline

SHOWN_CHARS = 160
"""Of each side of a difference."""


class ReplayDrift(ModelRejected):
    """The run asks something else than the recorded one did; shows the first difference."""


class ReplayModel:
    """Gives the recorded replies in their order. See agent/models/exchange.py."""

    def __init__(self, path: Path, *, strict: bool = True) -> None:
        """Reads the whole recording.

        Args:
            path: the recording.
            strict: False gives the replies whatever is asked, to record a changed prompt anew.

        Raises:
            SettingsError: the file cannot be read, or is no recording.
        """
        self.name = f"replay:{path}"
        self._exchanges = _load(path)
        self._strict = strict
        self._next = 0
        self._before: list[Message] = []

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,  # noqa: ARG002 - the reply is as long as it was
    ) -> Completion:
        """See `Model.complete`.

        Raises:
            ReplayDrift: this is not the next recorded request.
        """
        if deadline.over:
            raise ModelUnavailable(why_over(deadline))
        number = self._next + 1
        if number > len(self._exchanges):
            raise ReplayDrift(f"request {number} is one more than the recording holds")
        exchange = self._exchanges[self._next]
        known = common_length(self._before, messages)
        heard = [hear(message) for message in messages[known:]]
        difference = _difference(exchange, known, heard, tools_digest(tools))
        if difference and self._strict:
            raise ReplayDrift(f"request {number} is not the recorded one: {difference}")
        self._next += 1
        self._before = list(messages)
        return exchange.reply.completion()


def _load(path: Path) -> list[Exchange]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Exchange.model_validate_json(line) for line in lines]
    except OSError as exc:
        raise SettingsError(f"the recording {path} cannot be read: {exc.strerror}") from None
    except ValidationError as exc:
        raise SettingsError(
            f"{path} is no recording of a model: {exc.errors()[0]['msg']}"
        ) from None


def _difference(exchange: Exchange, known: int, heard: Sequence[Heard], tools: str) -> str | None:
    if exchange.tools != tools:
        return "the tools have changed"
    if exchange.known != known:
        return f"it goes on from {known} known messages, recorded are {exchange.known}"
    for place, (was, now) in enumerate(zip(exchange.new, heard, strict=False), known + 1):
        if was.sha256 != now.sha256:
            return f"message {place} ({was.role}): {_first_difference(was, now)}"
    if len(exchange.new) != len(heard):
        return f"it has {len(heard)} new messages, recorded are {len(exchange.new)}"
    return None


def _first_difference(was: Heard, now: Heard) -> str:
    if was.role != now.role:
        return f"it is the {now.role}'s"
    if was.text is None or now.text is None:
        return "its text or its calls differ"
    same = next(
        (place for place, (a, b) in enumerate(zip(was.text, now.text, strict=False)) if a != b),
        min(len(was.text), len(now.text)),
    )
    start = was.text.rfind("\n", 0, same) + 1
    end = slice(start, start + SHOWN_CHARS)
    return f"recorded {was.text[end]!r}, asked {now.text[end]!r}"
