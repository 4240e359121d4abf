"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, try_login
from test_courses import new_course, take

CLOSED = []


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


def test_members_plan_nothing_and_see_no_names(staff, alice):
    course = new_course(staff)
    body = {"title": "Mine", "capacity": 2, "starts_on": "2031-01-05"}
    assert alice.post(f"{BASE}/courses", body).status_code == 403
    assert alice.get(f"{BASE}/courses/{course['id']}/seats").status_code == 403
    for caller in (alice, staff):
        assert caller.delete(f"{BASE}/courses/{course['id']}").status_code == 403


def test_nobody_takes_a_seat_for_another(staff, alice, bob):
    answer = take(alice, new_course(staff), member_id=bob.account["id"])
    assert answer.json()["member_id"] == alice.account["id"]


def test_a_seat_needs_a_token(staff):
    assert take(Caller(), new_course(staff)).status_code == 401
