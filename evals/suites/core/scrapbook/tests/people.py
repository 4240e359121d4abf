"""People and their scraps."""

from api import PASSWORD, Caller, items, ok, unique


def person():
    login = {"name": unique("p"), "password": PASSWORD}
    account = ok(Caller().post("/people", login), 201)
    caller = Caller(ok(Caller().post("/login", login), 200)["token"])
    caller.id, caller.name = account["id"], account["name"]
    return caller


def scrap(who, **changes):
    return ok(who.post("/scraps", {"title": unique("Title"), "body": "Text"} | changes), 201)


def found(who, **params):
    return [row["id"] for row in items(who.get("/scraps", **params))]
