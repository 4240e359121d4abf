"""Names that code can bear."""

import pytest

from tools.components.names import article, attribute, camel, enum_members, quote, variable


@pytest.mark.parametrize(
    ("name", "safe"),
    [("title", "title"), ("class", "class_"), ("metadata", "metadata_"), ("model_x", "model_x_")],
)
def test_attribute(name: str, safe: str) -> None:
    assert attribute(name) == safe


@pytest.mark.parametrize(
    ("name", "safe"), [("book", "book"), ("select", "select_"), ("data", "data_")]
)
def test_variable(name: str, safe: str) -> None:
    assert variable(name) == safe


def test_camel() -> None:
    assert camel("order_item") == "OrderItem"


def test_enum_members_are_identifiers_and_unique() -> None:
    values = ("in-progress", "in progress", "3rd", "class", "")
    assert enum_members(values) == {
        "in-progress": "IN_PROGRESS",
        "in progress": "IN_PROGRESS_2",
        "3rd": "VALUE_3RD",
        "class": "VALUE_CLASS",
        "": "EMPTY",
    }


@pytest.mark.parametrize("text", ["plain", 'a "b"', 'it\'s "both"', "back\\slash", "two\nlines"])
def test_quote_gives_the_same_text_back(text: str) -> None:
    assert eval(quote(text)) == text  # noqa: S307 - the literal that was just made


def test_article() -> None:
    nouns = ("order", "book", "user", "unit price", "update")
    assert list(map(article, nouns)) == [
        "an order",
        "a book",
        "a user",
        "a unit price",
        "an update",
    ]
