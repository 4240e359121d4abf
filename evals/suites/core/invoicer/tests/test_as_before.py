"""What was right already."""

import pytest
from api import ok
from books import ANYONE, invoice, line


def test_an_invoice_is_kept():
    made = invoice(line("2.5", "10.00"), discount="10.0")
    assert (made["customer"], made["day"], made["discount"]) == ("Ada", "2026-05-04", "10.0")
    assert made["lines"] == [{"text": "Work", "quantity": "2.5", "price": "10.00", "vat": "19.0"}]
    assert made["sums"] == {
        "net": "22.50", "vat": [{"rate": "19.0", "net": "22.50", "vat": "4.28"}], "total": "26.78",
    }
    assert ok(ANYONE.get(f"/invoices/{made['id']}"), 200) == made
    assert ANYONE.get("/invoices/987654").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"lines": []}, {"day": "2026-02-30"}, {"discount": "101"}, {"discount": "1.25"}, {"customer": ""},
     {"lines": [line("0", "1")]}, {"lines": [line("1", "1.001")]}, {"lines": [line("1", "-1")]}],
)
def test_what_is_refused(wrong):
    body = {"customer": "Ada", "day": "2026-05-04", "lines": [line("1", "1.00")]} | wrong
    assert ANYONE.post("/invoices", body).status_code == 422
