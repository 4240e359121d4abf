"""Regular expressions of fields: which are refused, and texts made from those that are not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.blueprint.patterns import (
    find_places,
    matches,
    matching_text,
    pattern_problem,
    refused_text,
)

REAL = [
    r"^[A-Z]{3}-\d{4}$",
    r"^[A-Z0-9][A-Z0-9-]{1,31}$",
    r"^[0-9]{1,4}(\.[0-9]{1,6})?$",
    r"^#?[0-9a-fA-F]{6}$",
    r"^\+?[1-9]\d{6,14}$",
    r"^(?:[01]\d|2[0-3]):[0-5]\d$",
    r"^[^\s@]+@[^\s@]+$",
    r"^(red|green)-x$",
    r"(?i)^abc[x-z]$",
    r"^(a|b)+$",
    r"[0-9]",
    r"^[äöü]{2,}$",
]


@pytest.mark.parametrize("pattern", REAL)
def test_texts_that_match_and_one_that_does_not(pattern: str) -> None:
    assert pattern_problem(pattern) is None
    places = find_places(pattern)
    assert places is not None
    texts = [matching_text(places, number) for number in range(20)]
    assert all(re.search(pattern, text) for text in texts)
    refused = refused_text(pattern)
    assert refused is not None
    assert re.search(pattern, refused) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"^(?=x)a$", "look-around, including look-ahead and look-behind, is not supported"),
        (r"(a)\1", "backreferences are not supported"),
        ("[", "unclosed character class"),
        (r"^\p{L}+$", "bad escape \\p at position 1"),
        (r"^\w{1000}$", "Compiled regex exceeds size limit of 10485760 bytes."),
        ("a" * 501, "it has more than 500 characters"),
    ],
)
def test_what_cannot_be_used(pattern: str, why: str) -> None:
    assert (pattern_problem(pattern) or "").endswith(why)


def test_it_is_searched_and_not_matched_from_the_start() -> None:
    assert matches("b", "abc")
    assert not matches("^b", "abc")


def test_lengths() -> None:
    places = find_places("^[a-z]+$", low=12, high=14)
    assert places is not None
    assert 12 <= len(places) <= 14
    assert find_places("^[a-z]{5}$", high=4) is None
    assert refused_text("^[a-z]+$", low=30, high=30) == "!" * 30


def test_numbers_give_different_texts() -> None:
    places = find_places(r"^[A-Z]{2}\d$")
    assert places is not None
    assert len({matching_text(places, number) for number in range(1000)}) == 1000


def test_nothing_is_refused_by_what_takes_everything() -> None:
    assert refused_text("") is None
    assert find_places("") == []


@given(st.text(alphabet=r"ab\d[]{}()^$.*+?|-,1 3wsZ", max_size=14))
def test_any_pattern_is_usable_or_has_a_problem(pattern: str) -> None:
    if pattern_problem(pattern) is None:
        places = find_places(pattern, 0, 60)
        assert places is None or matches(pattern, matching_text(places, 12345))
