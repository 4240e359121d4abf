"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, ok, try_login
from test_claims import claim, claim_body

CLOSED = [f"{BASE}/claims"]


@pytest.mark.parametrize("token", [None, "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
@pytest.mark.parametrize("path", [ME, USERS, *CLOSED])
def test_nobody_gets_in_without_a_token(path, token):
    assert Caller(token).get(path).status_code == 401


def test_a_refresh_token_is_no_access_token(alice):
    assert Caller(alice.tokens["refresh_token"]).get(ME).status_code == 401


def test_only_the_admin_looks_after_users(alice, staff):
    for caller in (alice, staff):
        assert caller.get(USERS).status_code == 403
        answer = caller.patch(f"{USERS}/{caller.account['id']}", {"role": "admin"})
        assert answer.status_code == 403


def test_nobody_registers_as_admin():
    email = f"u-{uuid.uuid4().hex[:12]}@example.com"
    Caller().post(REGISTER, {"email": email, "password": PASSWORD, "role": "admin"})
    answer = try_login(email, PASSWORD)
    if answer.status_code == 200:
        assert Caller(answer.json()["access_token"]).get(USERS).status_code == 403


def test_no_answer_holds_a_password(admin, alice):
    shown = [alice.account, *items(admin.get(USERS))]
    assert not [key for user in shown for key in user if "password" in key or "hash" in key]


def test_somebody_elses_claim_is_forbidden(alice, bob):
    made = claim(alice)
    assert bob.get(f"/claims/{made['id']}").status_code == 403
    assert made["id"] not in [row["id"] for row in items(bob.get("/claims"))]


def test_each_step_has_its_role(staff, admin, alice):
    made = claim(alice)
    path = f"/claims/{made['id']}"
    for name in ("accept", "refuse", "pay"):
        assert alice.post(f"{path}/{name}").status_code == 403
    for name in ("accept", "refuse"):
        assert admin.post(f"{path}/{name}").status_code == 403
    ok(staff.post(f"{path}/accept"))
    assert staff.post(f"{path}/pay").status_code == 403
    assert alice.patch(path, {"decided": "5000.00"}).status_code == 403
    assert admin.patch(path, {"decided": "5000.00"}).status_code == 403


def test_nobody_reports_a_paid_claim(alice, bob):
    more = {"status": "paid", "decided": "1.00", "member_id": bob.account["id"]}
    answer = alice.post("/claims", claim_body(**more))
    if answer.status_code not in (400, 422):
        shown = ok(alice.get(f"/claims/{answer.json()['id']}"))
        assert (shown["status"], shown["decided"]) == ("reported", None)
        assert shown["member_id"] == alice.account["id"]
