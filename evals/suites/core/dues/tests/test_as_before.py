"""What was right already."""

import pytest
from api import ok
from club import ANYONE, dues, end, member, next_due, pay


def test_a_member_is_kept():
    made = member("2026-03-05", 3, cents=1200)
    assert (made["name"], made["start"], made["every_months"]) == ("Ada", "2026-03-05", 3)
    assert (made["cents"], made["last_day"]) == (1200, None)
    assert ok(ANYONE.get(f"/members/{made['id']}"), 200) == made
    assert ANYONE.get("/members/987654").status_code == 404


def test_a_fee_is_paid_once():
    made = member("2025-11-15")
    assert ok(pay(made, "2025-12-15"), 201) == {"due": "2025-12-15", "cents": 500, "paid": True}
    assert pay(made, "2025-12-15").status_code == 409
    assert pay(made, "2025-12-16").status_code == 422
    shown = ok(ANYONE.get(f"/members/{made['id']}/dues", until="2026-01-14"), 200)
    assert shown == {"dues": [
        {"due": "2025-11-15", "cents": 500, "paid": False},
        {"due": "2025-12-15", "cents": 500, "paid": True},
    ]}


def test_before_and_after():
    made = member("2026-05-10")
    assert dues(made, "2026-05-09") == []
    end(made, "2026-06-01")
    assert dues(made, "2027-01-01") == ["2026-05-10"]
    assert next_due(made, "2026-05-10") is None
    answer = ANYONE.post(f"/members/{made['id']}/end", {"last_day": "2026-05-09"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"start": "2026-02-30"}, {"start": "1980-01-01"}, {"every_months": 2}, {"cents": 0}]
)
def test_what_is_refused(wrong):
    body = {"name": "Ada", "start": "2026-01-01", "cents": 500} | wrong
    assert ANYONE.post("/members", body).status_code == 422
