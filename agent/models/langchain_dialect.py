"""What a provider's chat model is told beside messages and tools, by LangChain's name for it."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from pydantic import JsonValue

from agent.models.output_limit import limit_to_send

LIMIT_NAMES = ("max_tokens", "max_output_tokens")
"""What chat models call the output limit; the first one that a model has a field for is used."""
ANTHROPIC = "anthropic-chat"
"""`_llm_type` of langchain-anthropic's model of the direct API."""
OLLAMA = "chat-ollama"
"""`_llm_type` of langchain-ollama's model."""
CACHED: dict[str, JsonValue] = {"cache_control": {"type": "ephemeral"}}
"""Makes Anthropic cache the request up to its last block (langchain-anthropic 1.7)."""


class LangChainDialect:
    """One chat model's options."""

    def __init__(self, chat: BaseChatModel, window: int | None) -> None:
        """Reads the model's fields.

        Args:
            chat: asked nothing.
            window: tokens that one request may have; None leaves it to the provider.
        """
        fields = type(chat).model_fields
        self._kind = chat._llm_type
        self._window = window
        self._limit_name = next((name for name in LIMIT_NAMES if name in fields), None)

    def options(
        self, max_output_tokens: int | None, reply_schema: dict[str, Any] | None = None
    ) -> dict[str, JsonValue]:
        """Keyword arguments of one request. Only Ollama is told of a schema for the reply: the
        models of the others call tools reliably."""
        limit = limit_to_send(max_output_tokens)
        if self._kind == OLLAMA:
            sampled = self._ollama_options(limit)
            if reply_schema is None:
                return {"options": sampled}
            return {"options": {**sampled, "temperature": 0}, "format": reply_schema}
        # Anthropic caches what it is told to; the others that cache do it by themselves.
        options = dict(CACHED) if self._kind == ANTHROPIC else {}
        if self._limit_name and limit:
            options[self._limit_name] = limit
        return options

    def is_broken_off(self, reply: AIMessage) -> bool:
        """Whether the reply's stream ended early, which langchain-ollama 1.1 does not notice."""
        return self._kind == OLLAMA and not reply.response_metadata.get("done")

    def _ollama_options(self, limit: int | None) -> dict[str, JsonValue]:
        """Without `num_ctx`, Ollama reads 4096 tokens and silently drops the others."""
        asked: dict[str, JsonValue] = {"num_ctx": self._window, "num_predict": limit}
        return {name: value for name, value in asked.items() if value is not None}
