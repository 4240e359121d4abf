"""Whose recipe is whose, and what no caller may get away with."""

import pytest
from api import PASSWORD, Caller, ok
from kitchen import cook, ingredient, line, recipe, recipe_body


def test_somebody_elses_recipe():
    who, guest = cook(), cook()
    private, shared = recipe(who), recipe(who, shared=True)
    body = recipe_body(line(ingredient(guest)), title="Taken")
    for made, status in ((private, 404), (shared, 403)):
        path = f"/recipes/{made['id']}"
        assert guest.put(path, body).status_code == status
        assert guest.delete(path).status_code == status
        assert ok(who.get(path), 200) == made
    assert guest.get(f"/recipes/{private['id']}").status_code == 404


def test_a_shopping_list_tells_no_secrets():
    who, guest = cook(), cook()
    private, own = recipe(who), recipe(guest)
    assert guest.get("/shopping-list", recipe=[own["id"], private["id"]]).status_code == 404


def test_nobody_cooks_in_another_name():
    who, guest = cook(), cook()
    answer = guest.post("/recipes", recipe_body(line(ingredient(guest)), cook_id=who.id))
    assert answer.status_code == 422 or answer.json()["cook_id"] == guest.id


@pytest.mark.parametrize("path", ["/recipes", "/ingredients", "/recipes/1", "/shopping-list?recipe=1"])
@pytest.mark.parametrize("token", [None, "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_a_token_is_needed(path, token):
    assert Caller(token).call("GET", path).status_code == 401


def test_logins():
    who = cook()
    body = {"email": who.email, "password": PASSWORD}
    assert Caller().post("/auth/login", body | {"password": PASSWORD + "x"}).status_code == 401
    assert Caller().post("/auth/register", body).status_code == 409
    assert Caller().post("/auth/register", {"email": "short@example.com", "password": "short"}).status_code == 422


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "1e400", "\x00", [], {}, 2**70])
def test_odd_input_is_no_5xx(wrong):
    who = cook()
    thing = ingredient(who)
    for changes in ({"amount": wrong}, {"unit": wrong}, {"ingredient_id": wrong}):
        assert who.post("/recipes", recipe_body(line(thing) | changes)).status_code == 422
    assert who.get(f"/recipes/{2**70}").status_code in (404, 422)
