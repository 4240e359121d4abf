"""Members, and what they lend."""

from api import PASSWORD, Caller, new_email, ok, unique


def member():
    email = new_email()
    body = {"email": email, "password": PASSWORD, "name": "Ann"}
    account = ok(Caller().post("/auth/register", body), 201)
    login = {"email": email, "password": PASSWORD}
    caller = Caller(ok(Caller().post("/auth/login", login), 200)["access_token"])
    caller.id, caller.email = account["id"], email
    return caller


def new_item(owner, **changes):
    return ok(owner.post("/items", {"title": unique("tent")} | changes), 201)


def ask(who, item, first, last):
    body = {"first_day": first, "last_day": last}
    return who.post(f"/items/{item['id']}/bookings", body)


def decide(who, booking, word):
    return who.post(f"/bookings/{booking['id']}/{word}")
