"""What a client sends is data, and never trouble."""

import pytest
from api import ok
from books import ANYONE, line


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "-Infinity", "1e999", "x"])
def test_numbers_that_are_none(wrong):
    body = {"customer": "Ada", "day": "2026-05-04", "lines": [line("1", "1.00")]}
    for lines in ([line(wrong, "1")], [line("1", wrong)], [line("1", "1", wrong)]):
        assert ANYONE.post("/invoices", body | {"lines": lines}).status_code == 422
    assert ANYONE.post("/invoices", body | {"discount": wrong}).status_code == 422


@pytest.mark.parametrize("month", ["2026-05' OR '1'='1", "2026-5", "", "%"])
def test_a_month_is_no_query(month):
    assert ANYONE.get("/report", month=month).status_code == 422


def test_nobody_sends_sums():
    body = {"customer": "Ada", "day": "2026-05-04", "lines": [line("1", "1.00", "0")], "sums": {"total": "0.00"}}
    answer = ANYONE.post("/invoices", body)
    assert answer.status_code == 422 or ok(answer, 201)["sums"]["total"] == "1.00"
