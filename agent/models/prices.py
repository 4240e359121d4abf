"""Dollars per million tokens, by model name. An unknown price is None, never 0."""

import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from agent.models.base import Usage

PRICES_DATE = "2026-11-05"
"""When the newest of the sources below was read. Settings' `prices` correct what has changed."""


class Price(BaseModel):
    """What a provider charges, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float
    cached_input: float
    output: float


FREE = Price(input=0, cached_input=0, output=0)
"""Kinds that call nobody's API."""


def _price(input: float, cached_input: float, output: float) -> Price:
    return Price(input=input, cached_input=cached_input, output=output)


# Rates of prompts below each provider's long-context threshold (OpenAI: 272k tokens). Models whose
# price depends on more than that (Claude Haiku 5.5 above 100k, Gemini without a cache price in the
# source) are left out: no price is better than a wrong one.
PRICES: dict[str, Price] = {
    # developers.openai.com/api/docs/pricing, as quoted in PromptFuel's release notes 1.0.19 to
    # 1.0.24 (2026-09-07 to 10-27) and docs.litellm.ai/blog/gpt-6-1-terra.
    "gpt-6-astra": _price(10, 1.0, 50),
    "gpt-6.1-sol": _price(2, 0.10, 10),
    "gpt-6.1-terra": _price(1, 0.05, 5),
    "gpt-6-sol": _price(2, 0.20, 10),
    "gpt-6-luna": _price(0.10, 0.01, 0.50),
    "gpt-5.6-sol": _price(4, 0.40, 20),
    "gpt-5.6-terra": _price(2, 0.20, 12),
    "gpt-5.6-luna": _price(0.20, 0.02, 1.20),
    "gpt-5.5": _price(5, 0.50, 30),
    "gpt-5.4": _price(2.50, 0.25, 15),
    "gpt-5.4-mini": _price(0.75, 0.075, 4.50),
    # platform.claude.com/docs/en/about-claude/pricing, and the same release notes.
    "claude-fable-5-1": _price(10, 0.25, 50),
    "claude-opus-5-5": _price(4, 0.20, 20),
    "claude-opus-5": _price(5, 0.50, 25),
    "claude-sonnet-5-5": _price(2, 0.10, 10),
    # api-docs.deepseek.com/quick_start/pricing, read 2026-10-27; the peak rate, twice the other.
    "deepseek-flash": _price(0.30, 0.006, 1.20),
    "deepseek-v4-pro": _price(1.32, 0.044, 3.96),
}
_FREE_KINDS = frozenset({"builtin", "scripted", "replay"})
_SNAPSHOT_DATE = re.compile(r"-20\d\d-?\d\d-?\d\d$")


def price_of(model_name: str, overrides: Mapping[str, Price]) -> Price | None:
    """What a model costs; None when nobody knows.

    Args:
        model_name: as the user wrote it, `openai:gpt-6.1-terra`; a snapshot's date is ignored.
        overrides: the user's own prices, by full or bare name. They win.
    """
    kind, _, rest = model_name.partition(":")
    if kind in _FREE_KINDS:
        return FREE
    bare = rest.partition(":")[2] if kind == "langchain" else rest
    names = [model_name, rest, bare, _SNAPSHOT_DATE.sub("", bare)]
    known = PRICES | dict(overrides)
    return next((known[name] for name in names if name in known), None)


def cost_usd(usage: Usage, price: Price) -> float:
    """Dollars for that many tokens; cached input is charged at its own rate."""
    fresh = usage.input_tokens - usage.cached_tokens
    micro = fresh * price.input + usage.cached_tokens * price.cached_input
    return (micro + usage.output_tokens * price.output) / 1e6
