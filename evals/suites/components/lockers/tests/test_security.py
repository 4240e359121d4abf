"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, ok, try_login
from test_lockers import ask, new_locker

CLOSED = [f"{BASE}/rentals"]


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


def test_somebody_elses_rental_does_not_exist(staff, alice, bob):
    made = ok(ask(alice, new_locker(staff)))
    path = f"{BASE}/rentals/{made['id']}"
    assert bob.get(path).status_code == 404
    assert bob.post(f"{path}/end").status_code == 404
    assert made["id"] not in [row["id"] for row in items(bob.get(f"{BASE}/rentals"))]
    assert ok(alice.get(path))["status"] == "asked"


def test_members_start_nothing(staff, bob):
    made = ok(ask(bob, new_locker(staff)))
    assert bob.post(f"{BASE}/rentals/{made['id']}/start").status_code == 403
    assert bob.post(f"{BASE}/lockers", {"code": "mine", "hall": "north"}).status_code == 403
