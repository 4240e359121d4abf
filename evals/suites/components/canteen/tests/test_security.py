"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, items, ok, try_login
from test_canteen import new_dish, order

CLOSED = [f"{BASE}/orders"]


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


def test_somebody_elses_order_is_forbidden(staff, alice, bob):
    made = ok(order(alice, (new_dish(staff), 1)))
    path = f"{BASE}/orders/{made['id']}"
    assert bob.get(path).status_code == 403
    assert bob.post(f"{path}/cancel").status_code == 403
    assert made["id"] not in [row["id"] for row in items(bob.get(f"{BASE}/orders"))]


def test_members_serve_nothing_and_set_no_prices(staff, alice):
    made = new_dish(staff)
    placed = ok(order(alice, (made, 1)))
    assert alice.post(f"{BASE}/orders/{placed['id']}/serve").status_code == 403
    assert alice.patch(f"{BASE}/dishes/{made['id']}", {"price": "0.01"}).status_code == 403
    row = {"dish_id": made["id"], "quantity": 1, "unit_price": "0.01"}
    answer = alice.post(f"{BASE}/orders", {"items": [row], "total": "0.01"})
    assert answer.status_code in (400, 422) or float(answer.json()["total"]) == 2.35
