"""Members to ask for their fees."""

from api import Caller, ok

ANYONE = Caller()


def member(start, every_months=1, **more):
    body = {"name": "Ada", "start": start, "every_months": every_months, "cents": 500} | more
    return ok(ANYONE.post("/members", body), 201)


def dues(made, until):
    shown = ok(ANYONE.get(f"/members/{made['id']}/dues", until=until), 200)["dues"]
    return [entry["due"] for entry in shown]


def next_due(made, after):
    return ok(ANYONE.get(f"/members/{made['id']}/next", after=after), 200)["due"]


def pay(made, due):
    return ANYONE.post(f"/members/{made['id']}/payments", {"due": due})


def end(made, day):
    return ok(ANYONE.post(f"/members/{made['id']}/end", {"last_day": day}), 200)
