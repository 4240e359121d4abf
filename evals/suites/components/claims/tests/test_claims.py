"""Claims, from the spec's tables and rules."""

import pytest
from api import REFUSED, ids, ok, register, unique


def claim_body(**changes):
    return {"number": unique(), "text": "A wet cellar.", "amount": "120.50"} | changes


def claim(who, **changes):
    return ok(who.post("/claims", claim_body(**changes)))


def move(who, made, name):
    return who.post(f"/claims/{made['id']}/{name}")


def test_a_claim_is_kept():
    who, sent = register(), claim_body()
    made = ok(who.post("/claims", sent))
    shown = ok(who.get(f"/claims/{made['id']}"))
    assert {key: shown[key] for key in sent} == sent
    assert (shown["status"], shown["decided"]) == ("reported", None)
    assert shown["member_id"] == who.account["id"]
    assert ids(who.get("/claims")) == [made["id"]]


@pytest.mark.parametrize(
    "changes", [{"amount": "-1"}, {"amount": "50000.01"}, {"text": "x" * 2001}, {"number": None}]
)
def test_claims_that_are_none(changes):
    assert register().post("/claims", claim_body(**changes)).status_code in REFUSED


def test_a_number_is_taken_once():
    number = claim(register())["number"]
    assert register().post("/claims", claim_body(number=number)).status_code == 409


def test_staff_decide_and_change_nothing_else(staff):
    made = claim(register())
    changed = ok(staff.patch(f"/claims/{made['id']}", {"decided": "100.00"}))
    assert changed["decided"] == "100.00"
    answer = staff.patch(f"/claims/{made['id']}", {"number": "other", "amount": "1.00"})
    shown = ok(staff.get(f"/claims/{made['id']}"))
    assert answer.status_code in (200, *REFUSED)
    assert (shown["number"], shown["amount"]) == (made["number"], "120.50")


def test_accepted_and_paid(staff, admin):
    made = claim(register())
    assert move(admin, made, "pay").status_code == 409
    ok(move(staff, made, "accept"))
    assert move(staff, made, "accept").status_code == 409
    assert move(staff, made, "refuse").status_code == 409
    ok(move(admin, made, "pay"))
    assert ok(admin.get(f"/claims/{made['id']}"))["status"] == "paid"
    assert move(admin, made, "pay").status_code == 409


def test_refused_is_the_end(staff, admin):
    made = claim(register())
    ok(move(staff, made, "refuse"))
    assert move(staff, made, "accept").status_code == 409
    assert move(admin, made, "pay").status_code == 409


def test_the_list_is_filtered(staff):
    who = register()
    refused, other = claim(who), claim(who)
    ok(move(staff, refused, "refuse"))
    assert ids(who.get("/claims", status="refused")) == [refused["id"]]
    assert ids(who.get("/claims", status="reported")) == [other["id"]]


def test_parts_of_the_list():
    who = register()
    made = [claim(who)["id"] for _ in range(3)]
    first, rest = who.get("/claims", limit=2), who.get("/claims", limit=2, offset=2)
    assert (len(ids(first)), len(ids(rest))) == (2, 1)
    assert sorted(ids(first) + ids(rest)) == sorted(made)


def test_errors_are_problems(staff):
    answer = staff.get("/claims/2000000000")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
