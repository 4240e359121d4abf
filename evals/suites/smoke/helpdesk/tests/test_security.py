"""Who may do what, and what no caller may get away with."""

import uuid

import pytest
from api import BASE, ME, PASSWORD, REGISTER, USERS, Caller, ids, items, ok, register, try_login
from conftest import ticket_body


def test_somebody_elses_ticket_is_closed_to_customers(bob, ticket):
    path = f"{BASE}/tickets/{ticket['id']}"
    assert bob.get(path).status_code in (403, 404)
    assert bob.get(f"{path}/comments").status_code in (403, 404)
    assert bob.post(f"{path}/comments", {"body": "Let me in"}).status_code in (403, 404)
    assert ticket["id"] not in ids(bob.get(f"{BASE}/tickets", page_size=50))


def test_agents_see_every_ticket(agent, ticket):
    assert ok(agent.get(f"{BASE}/tickets/{ticket['id']}"))["id"] == ticket["id"]


@pytest.mark.parametrize("name", ["start", "resolve", "close", "reopen"])
def test_customers_move_nothing(alice, ticket, name):
    assert alice.post(f"{BASE}/tickets/{ticket['id']}/{name}").status_code == 403


def test_customers_do_not_set_priorities_later(alice, ticket):
    assert alice.patch(f"{BASE}/tickets/{ticket['id']}", {"priority": "high"}).status_code == 403


def test_agents_open_no_tickets(agent):
    assert agent.post(f"{BASE}/tickets", ticket_body()).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/tickets"), ("POST", "/tickets"), ("GET", "/users"), ("GET", "/me")],
)
def test_nobody_gets_in_without_a_token(anyone, method, path):
    assert anyone.call(method, BASE + path).status_code == 401


@pytest.mark.parametrize("token", ["nonsense", "e30.e30.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_forged_tokens(token):
    assert Caller(token).get(ME).status_code == 401


def test_a_refresh_token_is_no_access_token(alice):
    assert Caller(alice.tokens["refresh_token"]).get(ME).status_code == 401


@pytest.mark.parametrize("who", ["alice", "agent"])
def test_only_the_admin_looks_after_users(request, who):
    caller = request.getfixturevalue(who)
    assert caller.get(USERS).status_code == 403
    assert caller.patch(f"{USERS}/{caller.account['id']}", {"role": "admin"}).status_code == 403


def test_nobody_registers_as_admin():
    email = f"u-{uuid.uuid4().hex[:12]}@example.com"
    Caller().post(REGISTER, {"email": email, "password": PASSWORD, "role": "admin"})
    answer = try_login(email, PASSWORD)
    if answer.status_code == 200:
        assert Caller(answer.json()["access_token"]).get(USERS).status_code == 403


def test_nobody_writes_in_another_name(alice, bob, ticket):
    path = f"{BASE}/tickets/{ticket['id']}/comments"
    alice.post(path, {"body": "By Bob", "author_id": bob.account["id"]})
    assert bob.account["id"] not in [comment["author_id"] for comment in items(alice.get(path))]


def test_nobody_opens_a_ticket_that_is_closed_already(alice):
    answer = alice.post(f"{BASE}/tickets", ticket_body(status="closed"))
    assert answer.status_code in (400, 422) or answer.json()["status"] == "open"


def test_a_wrong_password(alice):
    assert try_login(alice.account["email"], "wrong-horse-7-battery").status_code in (400, 401)


def test_no_answer_holds_a_password(admin, alice):
    shown = [alice.account, *items(admin.get(USERS, page_size=50))]
    assert not [key for user in shown for key in user if "password" in key or "hash" in key]


def test_an_email_is_taken_once(alice):
    body = {"email": alice.account["email"], "password": PASSWORD}
    assert Caller().post(REGISTER, body).status_code == 409


def test_logout_ends_the_session():
    caller = register()
    body = {"refresh_token": caller.tokens["refresh_token"]}
    answer = caller.post(f"{BASE}/auth/logout", body)
    assert answer.status_code in (200, 204), answer.text
    assert Caller().post(f"{BASE}/auth/refresh", body).status_code == 401


@pytest.mark.parametrize(
    "text", ["' OR '1'='1", "'; DROP TABLE tickets; --", "x' UNION SELECT 1 --"]
)
def test_a_filter_is_no_query(alice, text):
    answer = alice.get(f"{BASE}/tickets", status=text)
    assert answer.status_code in (200, 400, 422)
    assert alice.get(f"{BASE}/tickets").status_code == 200
