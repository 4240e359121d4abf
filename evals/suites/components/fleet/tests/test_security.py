"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, ok, try_login
from test_fleet import book, car, car_body

CLOSED = [f"{BASE}/cars", f"{BASE}/trips"]


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


def test_no_answer_holds_a_key_code(staff, admin, alice):
    made = car(staff, key_code="OPEN-SESAME")
    changed = staff.patch(f"{BASE}/cars/{made['id']}", {"key_code": "SECRET-9"})
    for answer in (changed, alice.get(f"{BASE}/cars"), admin.get(f"{BASE}/cars/{made['id']}")):
        assert "OPEN-SESAME" not in answer.text
        assert "SECRET-9" not in answer.text
    assert "key_code" not in made


def test_somebody_elses_trip(staff, admin, alice, bob):
    trip = ok(book(alice, car(staff)))
    path = f"{BASE}/trips/{trip['id']}"
    for who in (bob, staff):
        assert who.get(path).status_code in (403, 404)
        assert who.post(f"{path}/drop").status_code in (403, 404)
        assert trip["id"] not in [row["id"] for row in items(who.get(f"{BASE}/trips"))]
    assert ok(admin.get(path))["status"] == "booked"
    ok(admin.post(f"{path}/drop"))


def test_members_keep_no_cars(staff, admin, alice):
    path = f"{BASE}/cars/{car(staff)['id']}"
    assert alice.post(f"{BASE}/cars", car_body()).status_code == 403
    for who in (alice, admin):
        assert who.patch(path, {"km": 1}).status_code == 403
    for who in (alice, staff):
        assert who.delete(path).status_code == 403
