"""What the steps of a scenario hand on."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from tools.checks.acceptance.placeholders import fill, has, look

SAVED: dict[str, JsonValue] = {"id": 7, "name": "Emma"}

SHELF: JsonValue = {
    "items": [{"name": "saw", "tags": []}, {"name": "drill", "tags": ["new"]}],
    "next": None,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/books/{{id}}", "/books/7"),
        ("{{id}}", 7),
        ("{{ name }}!", "Emma!"),
        ({"a": ["{{id}}", 1, None]}, {"a": [7, 1, None]}),
        ("{id}", "{id}"),
    ],
)
def test_fill(value: JsonValue, expected: JsonValue) -> None:
    assert fill(value, SAVED) == expected


@pytest.mark.parametrize("value", ["{{nobody}}", "/x/{{nobody}}", ["{{nobody}}"]])
def test_nothing_is_left_unfilled(value: JsonValue) -> None:
    with pytest.raises(AssertionError, match="no earlier step saved 'nobody'"):
        fill(value, SAVED)


def test_look() -> None:
    body: JsonValue = {"items": [{"id": 1}, {"id": 2}], "next": None}
    assert look(body, "items.1.id") == 2
    assert look(body, "next") is None


@pytest.mark.parametrize("path", ["items.2", "items.x", "next.a", "total"])
def test_look_at_nothing(path: str) -> None:
    with pytest.raises(AssertionError, match="nothing at"):
        look({"items": [1, 2], "next": None}, path)


@pytest.mark.parametrize(
    ("text", "days"), [("{{today}}", 0), ("{{today+14}}", 14), ("{{today-20}}", -20)]
)
def test_dates_are_counted_from_this_day_in_utc(text: str, days: int) -> None:
    before = datetime.now(UTC).date()
    filled = fill({"on": text}, {})
    after = datetime.now(UTC).date()
    assert filled in [{"on": (day + timedelta(days=days)).isoformat()} for day in (before, after)]


@pytest.mark.parametrize(
    ("path", "found"),
    [("items.#", 2), ("items.#.name", ["saw", "drill"]), ("items.#.tags.#", [0, 1]), ("", SHELF)],
)
def test_lists_are_counted_and_gathered(path: str, found: JsonValue) -> None:
    assert look(SHELF, path) == found


@pytest.mark.parametrize(
    ("path", "there"), [("items.0.name", True), ("next", True), ("items.2", False), ("x", False)]
)
def test_a_null_is_there(path: str, there: bool) -> None:
    assert has(SHELF, path) is there
