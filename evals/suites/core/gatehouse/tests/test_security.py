"""Every way in that is none."""

import time

import pytest
from api import Caller, ok
from gate import claims_of, door, fresh, guest, keeper, sign_in, token


def opened(made):
    doors = ok(keeper().get("/doors"), 200)["doors"]
    return next(row["opened"] for row in doors if row["id"] == made["id"])


def test_guests_open_nothing():
    who, made = guest(), door()
    assert who.post(f"/doors/{made['id']}/open").status_code == 403
    assert who.post("/doors", {"name": "Mine"}).status_code == 403
    assert who.get(f"/users/{who.id}").status_code == 403
    assert who.patch(f"/users/{who.id}", {"active": True}).status_code == 403
    assert opened(made) == 0


def test_nobody_registers_as_a_keeper():
    body = {"email": "k" + guest().email, "password": "correct-horse-7-battery", "role": "keeper"}
    answer = Caller().post("/register", body)
    assert answer.status_code in (201, 422)
    if answer.status_code == 201:
        assert answer.json()["role"] == "guest"
        who = Caller(ok(sign_in(body["email"]), 200)["token"])
        assert who.post("/doors", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS512"])
def test_other_algorithms(algorithm):
    made = token(fresh(guest().id, role="keeper"), algorithm=algorithm)
    assert Caller(made).get("/me").status_code == 401


@pytest.mark.parametrize("key", ["gatehouse", "", "secret", "x" * 32])
def test_other_keys(key):
    assert Caller(token(fresh(guest().id), key=key or " ")).get("/me").status_code == 401


def test_old_tokens():
    who, now = guest(), int(time.time())
    for changes in ({"exp": now - 60, "iat": now - 960}, {"exp": None}, {"sub": None}, {"sub": "nobody"},
                    {"sub": "987654"}):
        assert Caller(token(fresh(who.id, **changes))).get("/me").status_code == 401


def test_a_token_s_role_means_nothing():
    made = door()
    who = Caller(token(fresh(guest().id, role="keeper")))
    assert who.post(f"/doors/{made['id']}/open").status_code == 403
    assert opened(made) == 0


def test_inactive_users_are_out_at_once():
    who = guest()
    ok(keeper().patch(f"/users/{who.id}", {"active": False}), 200)
    assert who.get("/me").status_code == 401
    assert who.get("/doors").status_code == 401
    assert sign_in(who.email).status_code == 401
    ok(keeper().patch(f"/users/{who.id}", {"active": True}), 200)
    assert who.get("/me").status_code == 200


@pytest.mark.parametrize("path", ["/me", "/doors", "/users/1"])
@pytest.mark.parametrize("shown", [None, "", "nonsense", "a.b.c"])
def test_a_token_is_needed(path, shown):
    assert Caller(shown).get(path).status_code == 401


def test_no_answer_holds_a_password():
    who = guest()
    shown = [who.account, ok(who.get("/me"), 200), ok(keeper().get(f"/users/{who.id}"), 200),
             ok(keeper().patch(f"/users/{who.id}", {"active": True}), 200), claims_of(who.token)]
    assert not [key for row in shown for key in row if "password" in key or "hash" in key]
