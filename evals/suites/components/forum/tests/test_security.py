"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, ok, register, try_login
from test_forum import topic

CLOSED = [f"{BASE}/topics"]


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


def test_only_the_author_and_staff_change_a_topic(staff, admin, bob):
    who = register()
    made = topic(who)
    path = f"{BASE}/topics/{made['id']}"
    assert bob.patch(path, {"title": "Taken over"}).status_code == 403
    assert bob.delete(path).status_code == 403
    assert staff.delete(path).status_code == 403
    assert admin.patch(path, {"title": "Taken over"}).status_code == 403
    assert ok(who.get(path))["title"] == made["title"]
    ok(staff.patch(path, {"title": "Calm down"}))
    assert admin.delete(path).status_code in (200, 204)


def test_authors_do_not_lock(bob):
    who = register()
    path = f"{BASE}/topics/{topic(who)['id']}"
    for caller in (who, bob):
        assert caller.post(f"{path}/lock").status_code == 403
    answer = who.patch(path, {"state": "locked", "author_id": bob.account["id"]})
    shown = ok(who.get(path))
    assert answer.status_code in (200, 400, 422)
    assert (shown["state"], shown["author_id"]) == ("open", who.account["id"])


def test_short_passwords():
    body = {"email": f"u-{uuid.uuid4().hex[:12]}@example.com", "password": "a9-b8-c7d"}
    assert Caller().post(REGISTER, body).status_code in (400, 422)
