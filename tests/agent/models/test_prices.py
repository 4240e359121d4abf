"""What models cost."""

from datetime import date

import pytest

from agent.models.base import Usage
from agent.models.prices import FREE, PRICES, PRICES_DATE, Price, cost_usd, price_of

MINE = Price(input=3, cached_input=1, output=9)


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("openai:gpt-6.1-terra", PRICES["gpt-6.1-terra"]),
        ("openai:gpt-6.1-terra-2026-10-26", PRICES["gpt-6.1-terra"]),
        ("langchain:anthropic:claude-sonnet-5-5", PRICES["claude-sonnet-5-5"]),
        ("langchain:anthropic:claude-sonnet-5-5-20260928", PRICES["claude-sonnet-5-5"]),
        ("langchain:ollama:qwen3:1.7b", None),
        ("openai:my-own", None),
        ("openai:", None),
        ("builtin", FREE),
        ("scripted:a.yaml", FREE),
        ("replay:a.jsonl", FREE),
    ],
)
def test_built_in_prices(name: str, price: Price | None) -> None:
    assert price_of(name, {}) == price


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("my-own", "openai:my-own"),
        ("openai:my-own", "openai:my-own"),
        ("gpt-6.1-terra", "openai:gpt-6.1-terra"),
        ("qwen3:1.7b", "langchain:ollama:qwen3:1.7b"),
        ("ollama:qwen3:1.7b", "langchain:ollama:qwen3:1.7b"),
    ],
)
def test_the_users_prices_win(key: str, name: str) -> None:
    assert price_of(name, {key: MINE}) == MINE


def test_cached_tokens_have_their_own_price() -> None:
    usage = Usage(input_tokens=1_000_000, cached_tokens=400_000, output_tokens=100_000)
    assert cost_usd(usage, MINE) == pytest.approx(0.6 * 3 + 0.4 * 1 + 0.1 * 9)


def test_the_table_makes_sense() -> None:
    assert date.fromisoformat(PRICES_DATE) > date(2026, 1, 1)
    assert len(PRICES) >= 12
    for price in PRICES.values():
        assert 0 < price.cached_input < price.input < price.output
