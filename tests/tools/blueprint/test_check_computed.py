"""What a computed field may be made of."""

import pytest

from tests.tools.examples import LIBRARY
from tools.blueprint.check_computed import check_computed
from tools.blueprint.merge import merge_parts
from tools.blueprint.model import Blueprint
from tools.blueprint.shorthand import JsonObject


def library_with(entity: str, *fields: str) -> Blueprint:
    update: JsonObject = {"entities": [{"name": entity, "fields": [*fields]}]}
    merged = merge_parts(LIBRARY, update)
    assert merged.refused == ()
    return merged.blueprint


@pytest.mark.parametrize(
    "fields",
    [
        ("user", "open_loans: integer, computed count loan via reader_id where status is open"),
        ("user", "reads: boolean, computed exists loan via reader_id"),
        ("user", "fees: decimal(9,2), computed"),
        ("loan", "due: date?", "late: boolean, computed past due where status is open"),
        ("loan", "back: date?", "out: boolean, computed past created_at where back is null",
         "created_at: timestamptz"),
    ],
)  # fmt: skip
def test_what_fits(fields: tuple[str, ...]) -> None:
    assert list(check_computed(library_with(*fields))) == []


@pytest.mark.parametrize(
    ("entity", "field", "problem"),
    [
        ("user", "x: text, computed count loan via reader_id", "`computed count` on type text"),
        ("user", "x: integer, computed count book via reader_id", "no entity 'book'"),
        ("loan", "x: integer, computed count loan via reader_id",
         "`loan.reader_id` does not point to `loan`"),
        ("user", "x: integer, computed sum loan.title via reader_id",
         "`loan.title` is of another type"),
        ("loan", "x: boolean, computed past title", "`loan.title` is of another type"),
        ("user", "x: integer, computed count loan via reader_id where status is lost",
         "status is never lost"),
        ("loan", "x: text, computed, unique", "it is computed but has unique"),
        ("loan", 'status: enum(loan_status), computed, default "open"',
         "it is computed but has default, a rule"),
    ],
)  # fmt: skip
def test_what_does_not_fit(entity: str, field: str, problem: str) -> None:
    assert problem in [found.what for found in check_computed(library_with(entity, field))]


def test_nobody_writes_a_computed_field() -> None:
    data: JsonObject = {"name": "x", "type": "text", "computed": {}}
    update: JsonObject = {"entities": [{"name": "loan", "fields": [data]}]}
    found = check_computed(merge_parts(LIBRARY, update).blueprint)
    assert [one.what for one in found] == ["it is computed but clients may write it"]
