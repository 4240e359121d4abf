"""Who may do what, and what no caller may get away with."""

import base64
import json

import pytest
from api import PASSWORD, Caller, items, ok
from people import ask, decide, member, new_item


def test_a_booking_is_hidden_from_others():
    owner, borrower, stranger = member(), member(), member()
    made = ok(ask(borrower, new_item(owner), "2031-05-01", "2031-05-01"), 201)
    assert stranger.get(f"/bookings/{made['id']}").status_code == 404
    assert decide(stranger, made, "agree").status_code == 404
    assert items(stranger.get("/bookings")) == []
    assert ok(owner.get(f"/bookings/{made['id']}"), 200)["status"] == "asked"


def test_the_borrower_does_not_decide():
    owner, borrower = member(), member()
    made = ok(ask(borrower, new_item(owner), "2031-05-01", "2031-05-01"), 201)
    for word in ("agree", "refuse"):
        assert decide(borrower, made, word).status_code == 403
    assert ok(borrower.get(f"/bookings/{made['id']}"), 200)["status"] == "asked"


def test_only_the_owner_deletes():
    item = new_item(member())
    assert member().delete(f"/items/{item['id']}").status_code == 403
    assert member().get(f"/items/{item['id']}").status_code == 200


def test_nobody_adds_in_another_name():
    owner, other = member(), member()
    answer = owner.post("/items", {"title": "mine", "owner_id": other.id})
    assert answer.status_code == 422 or answer.json()["owner_id"] == owner.id


def test_nobody_agrees_by_asking():
    body = {"first_day": "2031-05-01", "last_day": "2031-05-01", "status": "agreed"}
    answer = member().post(f"/items/{new_item(member())['id']}/bookings", body)
    assert answer.status_code == 422 or answer.json()["status"] == "asked"


def forged(claims):
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize("path", ["/items", "/bookings", "/items/1", "/bookings/1"])
def test_a_token_is_needed(path):
    who = member()
    for token in (None, "nonsense", forged({"sub": str(who.id), "exp": 4102444800})):
        assert Caller(token).get(path).status_code == 401


def test_logins():
    who = member()
    for body in ({"email": who.email, "password": PASSWORD + "x"},
                 {"email": "nobody@example.com", "password": PASSWORD}):
        assert Caller().post("/auth/login", body).status_code == 401


def test_no_answer_holds_a_password():
    body = {"email": "secret" + member().email, "password": PASSWORD, "name": "Ann"}
    shown = ok(Caller().post("/auth/register", body), 201)
    assert not [key for key in shown if "password" in key or "hash" in key]


@pytest.mark.parametrize("text", ["' OR '1'='1", "x'; DROP TABLE item; --", "\\", "\x00"])
def test_a_search_is_no_query(text):
    who = member()
    new_item(who)
    answer = who.get("/items", q=text)
    assert answer.status_code == 422 or items(answer) == []
    assert items(who.get("/items"))


@pytest.mark.parametrize("wrong", ["\x00", 2**70, [], {}])
def test_odd_input_is_no_5xx(wrong):
    who = member()
    assert who.post("/items", {"title": wrong}).status_code == 422
    assert who.post("/items", {"title": "x", "deposit_cents": wrong}).status_code == 422
    assert who.get(f"/items/{2**70}").status_code in (404, 422)
