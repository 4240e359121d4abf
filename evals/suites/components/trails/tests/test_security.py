"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, try_login
from test_trails import region, trail, trail_body

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


def test_members_change_nothing(staff, alice, anyone):
    place = region(staff)
    path = f"{BASE}/trails/{trail(staff, place)['id']}"
    for who, status in ((alice, 403), (anyone, 401)):
        assert who.post(f"{BASE}/regions", {"name": "Mine"}).status_code == status
        assert who.post(f"{BASE}/trails", trail_body(place)).status_code == status
        assert who.patch(path, {"open": False}).status_code == status
        assert who.call("PUT", path, json=trail_body(place)).status_code == status
        assert who.delete(path).status_code == status
    assert staff.delete(f"{BASE}/regions/{place['id']}").status_code == 403


@pytest.mark.parametrize("page", ["javascript:alert(1)", "data:text/html,x", "//example.com"])
def test_a_page_is_on_the_web(staff, page):
    body = trail_body(region(staff), page=page)
    assert staff.post(f"{BASE}/trails", body).status_code in (400, 422)


@pytest.mark.parametrize("text", ["' OR '1'='1", "x'; DROP TABLE trails; --"])
def test_a_filter_is_no_query(staff, anyone, text):
    trail(staff, region(staff))
    answer = anyone.get(f"{BASE}/trails", level=text)
    assert answer.status_code in (200, 400, 422)
    assert items(anyone.get(f"{BASE}/trails"))
