"""Whose money it is, and what no caller may get away with."""

import pytest
from api import PASSWORD, Caller, ids, ok
from bank import account, balance, student, teller, transfer


def test_somebody_elses_account():
    ann, eve = student(), student()
    made, own = account(ann, 100), account(eve)
    path = f"/accounts/{made['id']}"
    assert eve.get(path).status_code == 404
    assert eve.get(f"{path}/entries").status_code == 404
    assert eve.post(f"{path}/close").status_code == 404
    assert transfer(eve, made, own, 50).status_code == 404
    assert made["id"] not in ids(eve.get("/accounts"))
    assert balance(ann, made) == 100


def test_tellers_look_but_do_not_transfer():
    ann, clerk = student(), teller()
    made = account(ann, 100)
    target = account(clerk)
    assert balance(clerk, made) == 100
    assert transfer(clerk, made, target, 50).status_code == 404
    assert balance(ann, made) == 100


def test_students_stay_on_their_side_of_the_counter():
    who = student()
    made = account(who, 100)
    for word in ("deposit", "withdraw"):
        path = f"/accounts/{made['id']}/{word}"
        assert who.post(path, {"amount_cents": 1}).status_code == 403
    other = account(student(), 5)
    assert who.post(f"/accounts/{other['id']}/deposit", {"amount_cents": 1}).status_code == 403
    assert balance(who, made) == 100


def test_nobody_starts_rich_or_as_a_teller():
    email = "rich" + student().email
    body = {"email": email, "password": PASSWORD, "role": "teller"}
    answer = Caller().post("/auth/register", body)
    assert answer.status_code == 422 or answer.json()["role"] == "student"
    who = student()
    body = {"name": "Main", "balance_cents": 5000, "person_id": student().id}
    answer = who.post("/accounts", body)
    if answer.status_code != 422:
        assert (answer.json()["balance_cents"], answer.json()["person_id"]) == (0, who.id)


@pytest.mark.parametrize("token", [None, "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
@pytest.mark.parametrize("path", ["/accounts", "/accounts/1", "/accounts/1/entries"])
def test_a_token_is_needed(path, token):
    assert Caller(token).get(path).status_code == 401


def test_no_answer_holds_a_password():
    body = {"email": "secret" + student().email, "password": PASSWORD}
    shown = ok(Caller().post("/auth/register", body), 201)
    assert not [key for key in shown if "password" in key or "hash" in key]
    assert Caller().post("/auth/login", body | {"password": PASSWORD + "x"}).status_code == 401
