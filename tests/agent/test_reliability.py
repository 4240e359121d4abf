"""docs/reliability.md says what the tables of the tests say."""

from pathlib import Path

from tests.agent.reliability import render

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make reliability`"
