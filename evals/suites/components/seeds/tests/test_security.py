"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, ok, try_login
from test_seeds import body, packet

CLOSED = [f"{BASE}/wishes"]


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


def test_members_do_not_touch_packets(staff, bob):
    made = packet(staff)
    assert bob.post("/packets", body()).status_code == 403
    assert bob.patch(f"/packets/{made['id']}", {"grams": 1}).status_code == 403
    assert bob.delete(f"/packets/{made['id']}").status_code == 403


def test_somebody_elses_wish(staff, alice, bob):
    wish = ok(alice.post("/wishes", {"packet_id": packet(staff)["id"]}))
    assert bob.delete(f"/wishes/{wish['id']}").status_code in (403, 404)
    assert wish["id"] not in [row["id"] for row in items(bob.get("/wishes"))]
    assert wish["id"] in [row["id"] for row in items(alice.get("/wishes"))]
