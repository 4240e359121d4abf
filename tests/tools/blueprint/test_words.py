"""Names as people spell them become snake_case, singular and plural."""

import pytest

from tools.blueprint.words import plural, singular, snake_case


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Order Item", "order_item"),
        ("orderItem", "order_item"),
        ("order-item", "order_item"),
        (" `Books` ", "books"),
        ("Größe", "grosse"),
        ("Café", "cafe"),
        ("заказ", ""),
        ("2nd", ""),
        ("", ""),
        ("a" * 80, "a" * 63),
    ],
)
def test_snake_case(text: str, name: str) -> None:
    assert snake_case(text) == name


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("book", "books"),
        ("order_item", "order_items"),
        ("category", "categories"),
        ("day", "days"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("class", "classes"),
        ("status", "statuses"),
        ("address", "addresses"),
        ("house", "houses"),
        ("person", "people"),
        ("order_child", "order_children"),
    ],
)
def test_singular_and_plural(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one
    assert singular(one) == one
