"""Good, distinct and bad values for fields."""

import re
from decimal import Decimal

import pytest
from pydantic import JsonValue

from tests.tools.checks.library import BOOK, LIBRARY
from tools.blueprint.model import EntityField
from tools.checks.acceptance.payloads import (
    ORDERED,
    distinct_values,
    flaws,
    good_value,
    same_value,
)

NARROW = EntityField(name="currency", type="string", min_length=3, max_length=3)
RATING = EntityField(name="rating", type="integer", minimum=1, maximum=5)
PRICE = BOOK.field("price")
SKU = EntityField(name="sku", type="string", max_length=12, pattern=r"^[A-Z]{2}-\d{2,9}$")
MAIL = EntityField(name="email", type="string", format="email", max_length=255)


@pytest.mark.parametrize("number", [0, 1, 7, 123_456])
def test_good_values_keep_their_bounds(number: int) -> None:
    assert len(str(good_value(LIBRARY, NARROW, number))) == 3
    assert 1 <= int(str(good_value(LIBRARY, RATING, number))) <= 5
    price = good_value(LIBRARY, PRICE, number)
    assert isinstance(price, str)
    assert 0 <= Decimal(price) < 10**8
    assert Decimal(price).as_tuple().exponent == -2
    assert 10 <= len(str(good_value(LIBRARY, BOOK.field("isbn"), number))) <= 17
    assert str(good_value(LIBRARY, MAIL, number)).endswith("@example.com")
    assert re.fullmatch(r"[A-Z]{2}-\d{2,9}", str(good_value(LIBRARY, SKU, number)))


def test_values_of_a_pattern() -> None:
    values = distinct_values(LIBRARY, SKU, 3)
    assert values == sorted(set(map(str, values)))
    assert distinct_values(LIBRARY, SKU, 3, start=500) != values
    assert flaws(LIBRARY, SKU)["no_match"] == "!"


@pytest.mark.parametrize("name", ["title", "isbn", "price", "stock"])
def test_distinct_values_ascend(name: str) -> None:
    field = BOOK.field(name)
    values = distinct_values(LIBRARY, field, 3)
    keys = [Decimal(str(value)) if field.type == "decimal" else value for value in values]
    assert len(values) == 3
    assert field.type in ORDERED
    assert keys == sorted(keys)  # type: ignore[type-var] # values of one type


def test_a_type_with_few_values_gives_what_it_has() -> None:
    flag = EntityField(name="flag", type="boolean")
    assert sorted(map(str, distinct_values(LIBRARY, flag, 3))) == ["False", "True"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            RATING,
            {"null": None, "wrong_type": "neither-this-nor-that", "too_small": 0, "too_large": 6},
        ),
        (BOOK.field("stock"), {"too_small": -1, "overflow": 2**31}),
        (PRICE, {"too_small": "-0.01", "overflow": "100000000"}),
        (NARROW, {"too_short": "xx", "too_long": "xxxx"}),
        (EntityField(name="data", type="jsonb", nullable=True), {}),
    ],
    ids=lambda value: value.name if isinstance(value, EntityField) else "",
)
def test_flaws(field: EntityField, expected: dict[str, JsonValue]) -> None:
    found = flaws(LIBRARY, field)
    assert {name: found[name] for name in expected} == expected
    assert expected or not found


@pytest.mark.parametrize(
    ("field", "sent", "got", "same"),
    [
        (PRICE, "1.5", "1.50", True),
        (PRICE, "1.5", "1.51", False),
        (
            EntityField(name="t", type="timestamptz"),
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+01:00",
            True,
        ),
        (MAIL, "A@example.com", "a@example.com", True),
        (NARROW, "eur", "EUR", False),
        (NARROW, None, "", False),
    ],
)
def test_same_value(field: EntityField, sent: JsonValue, got: JsonValue, same: bool) -> None:
    assert same_value(field, sent, got) is same
