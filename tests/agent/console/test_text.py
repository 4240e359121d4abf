"""Numbers as people read them."""

import pytest

from agent.console.text import clock_text, count_text, one_line, seconds_text, usd_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (42.4, "42 s"), (92, "1 min 32 s"), (7500, "2 h 05 min")],
)
def test_seconds(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (34_120, "34.1k"), (2_300_000, "2.3M")]
)
def test_counts(number: int, text: str) -> None:
    assert count_text(number) == text


def test_an_unknown_cost_is_not_zero() -> None:
    assert [usd_text(None), usd_text(0), usd_text(0.1234)] == ["cost unknown", "$0.00", "$0.12"]


def test_one_line_is_cut_to_size() -> None:
    assert one_line("a\n b" + "c" * 20, 10) == "a bcccc..."


def test_clock() -> None:
    assert clock_text(3725.9) == "1:02:05"
