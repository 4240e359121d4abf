"""What honest users have."""

import pytest
from api import PASSWORD, Caller, ok
from gate import claims_of, door, fresh, guest, keeper, sign_in, token


def test_a_guest():
    who = guest()
    assert (who.account["email"], who.account["role"], who.account["active"]) == (who.email, "guest", True)
    assert ok(who.get("/me"), 200) == who.account
    assert Caller().post("/register", {"email": who.email, "password": PASSWORD}).status_code == 409
    for wrong in ({"email": "x"}, {"password": "short"}):
        body = {"email": "a@example.com", "password": PASSWORD} | wrong
        assert Caller().post("/register", body).status_code == 422


def test_a_token_says_who_and_how_long():
    who = guest()
    answer = ok(sign_in(who.email), 200)
    claims = claims_of(answer["token"])
    assert answer["expires_in"] == 900
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (str(who.id), 900)
    assert Caller(token(fresh(who.id))).get("/me").status_code == 200


def test_the_keeper_opens_doors():
    made = door()
    assert made["opened"] == 0
    assert ok(keeper().post(f"/doors/{made['id']}/open"), 200) == made | {"opened": 1}
    assert made | {"opened": 1} in ok(guest().get("/doors"), 200)["doors"]
    assert keeper().post("/doors/987654/open").status_code == 404
    assert keeper().post("/doors", {"name": ""}).status_code == 422


def test_the_keeper_looks_after_users():
    who = guest()
    assert ok(keeper().get(f"/users/{who.id}"), 200) == who.account
    shown = ok(keeper().patch(f"/users/{who.id}", {"active": False}), 200)
    assert shown == who.account | {"active": False}
    assert keeper().get("/users/987654").status_code == 404
    assert keeper().patch(f"/users/{who.id}", {"active": "perhaps"}).status_code == 422


@pytest.mark.parametrize("password", ["wrong-horse-7-battery", PASSWORD.upper()])
def test_a_wrong_password(password):
    assert sign_in(guest().email, password).status_code == 401
    assert sign_in("nobody@example.com").status_code == 401
