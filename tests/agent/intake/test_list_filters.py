"""What a list may be filtered by, in several wordings."""

import pytest

from agent.intake.list_filters import read_filters
from tools.blueprint.model import Entity, EntityField

TASK = Entity(
    name="task",
    table="tasks",
    fields=(
        EntityField(name="status", type="text"),
        EntityField(name="title", type="text"),
        EntityField(name="price", type="integer"),
        EntityField(name="due_date", type="date", nullable=True),
        EntityField(name="created_at", type="timestamptz"),
        EntityField(name="author_id", type="uuid"),
    ),
)


@pytest.mark.parametrize(
    ("text", "equal", "compared"),
    [
        ("status, author", ["status", "author_id"], []),
        ("status and author or title", ["status", "author_id", "title"], []),
        ("price (min, max), status", ["status"], ["min_price", "max_price"]),
        ("min_price, max_price", [], ["min_price", "max_price"]),
        ("minimum price and maximum price", [], ["min_price", "max_price"]),
        ("price range", [], ["min_price", "max_price"]),
        ("price (min/max)", [], ["min_price", "max_price"]),
        ("created before/after", [], ["created_before", "created_after"]),
        ("created_after, created_before", [], ["created_after", "created_before"]),
        ("due date before", [], ["due_date_before"]),
        ("due_date (before, absent)", [], ["due_date_before", "due_date_absent"]),
        ("title contains, missing due date", [], ["title_contains", "due_date_absent"]),
    ],
)
def test_filters(text: str, equal: list[str], compared: list[str]) -> None:
    fields, comparisons = read_filters(text, TASK)
    assert list(fields) == equal
    assert [one.param for one in comparisons] == compared


def test_what_a_comparison_is() -> None:
    _, (after, absent) = read_filters("created after, missing due date", TASK)
    assert (after.field, after.kind) == ("created_at", "after")
    assert (absent.field, absent.kind) == ("due_date", "absent")


@pytest.mark.parametrize("text", ["color", "price (cheap)", "min color", "status, and whatever"])
def test_words_that_are_no_filter(text: str) -> None:
    with pytest.raises(LookupError):
        read_filters(text, TASK)
