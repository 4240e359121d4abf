"""What a provider's refusal means, whichever client library reports it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agent.errors import ContextTooLong, ModelError, ModelRejected
from agent.models.retry import PassingFault, retry_after_s
from agent.secrets import Secrets

PASSING_STATUS = frozenset({408, 409, 425, 429})
"""Worth another try, as is every 5xx (529: Anthropic's overload)."""
SPENT_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""A 429 with one of these never passes: the money is gone, not the rate."""
FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
"""Azure's and OpenAI's codes of a request that a moderation filter refused."""
_SPENT = re.compile("credit balance is too low", re.IGNORECASE)
"""Anthropic says it with HTTP 400."""
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|(prompt|input) is too long"
    r"|exceed_context_size|input token count|too large for model with",
    re.IGNORECASE,
)
"""OpenAI, vLLM, llama.cpp | vLLM | Anthropic | llama-server | Gemini | Mistral."""
MAX_TEXT_CHARS = 500


class Masker:
    """Takes secrets out of texts that others wrote."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = Secrets(secrets)

    def __call__(self, text: str) -> str:
        """The text on one line, cut to `MAX_TEXT_CHARS`, with `[secret]` for each secret."""
        return " ".join(self._secrets.hide(text).split())[:MAX_TEXT_CHARS]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An answer that is not a reply."""

    status: int
    """Of HTTP."""
    text: str
    """The provider's own words, masked."""
    code: str | None = None
    """`error.code` or `error.type` of the body."""
    headers: Mapping[str, str] = field(default_factory=dict)


def fault_of(refusal: Refusal, model: str) -> PassingFault | ModelError:
    """What to raise for it: to be retried, or final with the remedy."""
    said = f"HTTP {refusal.status}: {refusal.text}"
    if refusal.code in SPENT_CODES or refusal.status == 402 or _SPENT.search(refusal.text):
        return ModelRejected(f"the account has no credit left for {model}; add some ({said})")
    if refusal.status in PASSING_STATUS or refusal.status >= 500:
        return PassingFault(said, retry_after_s(refusal.headers))
    if is_too_long(refusal):
        return ContextTooLong(f"the conversation no longer fits {model} ({said})")
    key = "OPENAI_API_KEY" if model.startswith("openai:") else "the provider's variable"
    remedy = _REMEDIES.get(refusal.status, _REQUEST).format(model=model, key=key)
    return ModelRejected(f"{remedy} ({said})")


def is_too_long(refusal: Refusal) -> bool:
    """Whether the refusal is about the conversation's length."""
    return bool(_TOO_LONG.search(f"{refusal.code} {refusal.text}"))


_REQUEST = "the request to {model} was refused"
_REMEDIES = {
    401: "the key in {key} was refused: set a valid one for {model}",
    403: "the key may not use {model}: use another key, model or region",
    404: "there is no {model} at this address: check the model's name, and that a base URL ends as "
    "its provider says, usually in /v1",
}
