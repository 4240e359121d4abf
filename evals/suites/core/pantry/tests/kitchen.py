"""Cooks, ingredients and recipes to try things with."""

from api import PASSWORD, Caller, new_email, ok, unique


def cook():
    body = {"email": new_email(), "password": PASSWORD}
    account = ok(Caller().post("/auth/register", body), 201)
    caller = Caller(ok(Caller().post("/auth/login", body), 200)["access_token"])
    caller.id, caller.email = account["id"], body["email"]
    return caller


def ingredient(who, prefix="salt"):
    return ok(who.post("/ingredients", {"name": unique(prefix)}), 201)


def line(thing, amount="100.00", unit="g"):
    return {"ingredient_id": thing["id"], "amount": amount, "unit": unit}


def recipe_body(*lines, **changes):
    return {"title": "Soup", "portions": 4, "lines": list(lines)} | changes


def recipe(who, *lines, **changes):
    return ok(who.post("/recipes", recipe_body(*(lines or [line(ingredient(who))]), **changes)), 201)


def amounts(shown):
    return [entry["amount"] for entry in shown["lines"]]
