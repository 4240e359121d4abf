"""Chat completions over the openai client: OpenAI, and every server that speaks its dialect."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openai
from pydantic import SecretStr, ValidationError

from agent.models.base import Completion, Message, ToolSchema, Usage, estimate_tokens
from agent.models.call_ids import CallIds
from agent.models.faults import Masker
from agent.models.openai_connection import Connection
from agent.models.openai_dialect import Dialect
from agent.models.openai_faults import is_filtered, is_refusal, openai_fault
from agent.models.openai_wire import BodyEncoder, ReplyBody
from agent.models.retry import PATIENT, PassingFault, RetryPolicy, with_retries
from agent.models.waiting import LONGEST_TRY_S, call_within
from sandbox.deadline import Deadline

OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Asked:
    """What one call of `complete` asks for."""

    messages: Sequence[Message]
    tools: Sequence[ToolSchema]
    max_output_tokens: int | None
    reply_schema: dict[str, Any] | None


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(
        self,
        model: str,
        *,
        api_key: SecretStr,
        base_url: str | None = None,
        retry: RetryPolicy = PATIENT,
        longest_try_s: float = LONGEST_TRY_S,
    ) -> None:
        """Connects to nothing yet.

        Args:
            model: the provider's name for it.
            api_key: sent to the endpoint, and nowhere else.
            base_url: None is OpenAI's.
            retry: waits between tries.
            longest_try_s: longest single request.
        """
        self.name = f"openai:{model}"
        self._model = model
        self._retry = retry
        self._longest_try_s = longest_try_s
        self._mask = Masker([api_key.get_secret_value()])
        self._connection = Connection(api_key.get_secret_value(), base_url or OPENAI_URL)
        self._dialect = Dialect.of(base_url or OPENAI_URL)
        self._encoder = BodyEncoder()
        self._ids = CallIds()

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
        reply_schema: dict[str, Any] | None = None,
    ) -> Completion:
        """See `Model.complete` and `SchemaModel.complete`."""
        asked = Asked(messages, tools, max_output_tokens, reply_schema)

        def attempt() -> Completion:
            return self._ask(asked, deadline)

        return with_retries(attempt, deadline, self._retry)

    def _ask(self, asked: Asked, deadline: Deadline) -> Completion:
        fields = self._dialect.fields(self._model, asked.max_output_tokens, asked.reply_schema)
        body = self._encoder.encode(asked.messages, asked.tools, fields)
        started = time.monotonic()
        try:
            text = self._post(body, deadline)
        except openai.OpenAIError as exc:
            if is_refusal(exc) and self._dialect.adapt(str(exc)):
                return self._ask(asked, deadline)
            if is_filtered(exc):
                return _filtered(len(body), time.monotonic() - started)
            # Not chained: the library's error may quote the key.
            raise openai_fault(exc, self.name, self._mask) from None
        return self._read(text, asked.messages, len(body), time.monotonic() - started)

    def _post(self, body: bytes, deadline: Deadline) -> str:
        timeout_s = min(deadline.remaining_s, self._longest_try_s)
        return call_within(
            deadline,
            self._longest_try_s,
            lambda: self._connection.post(body, timeout_s),
            self._connection.hang_up,
        )

    def _read(
        self, text: str, messages: Sequence[Message], input_chars: int, seconds: float
    ) -> Completion:
        try:
            reply = ReplyBody.model_validate_json(text)
        except ValidationError:
            sent = self._mask(text) or "nothing"
            raise PassingFault(f"{self.name} sent no chat completion but: {sent}") from None
        if reply.interrupted:
            raise PassingFault(f"{self.name} broke its reply off")
        completion = reply.completion(input_chars=input_chars, seconds=seconds)
        return self._ids.made_unique(completion, messages)


def _filtered(input_chars: int, seconds: float) -> Completion:
    usage = Usage(input_tokens=estimate_tokens(input_chars), estimated=True)
    return Completion(
        text="", calls=(), finish_reason="content_filter", usage=usage, seconds=seconds
    )
