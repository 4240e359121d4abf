"""Polls, and who has their secret."""

from api import CLIENT, Caller, ok

ANYONE = Caller()


def poll(**more):
    body = {"question": "Which?", "choices": ["red", "blue", "green"]} | more
    return ok(ANYONE.post("/polls", body), 201)


def keeper(made, secret=None):
    caller = Caller()
    caller.headers = {"X-Poll-Secret": secret or made["secret"]}
    return caller


def vote(made, choice=1, **more):
    return CLIENT.post(f"/polls/{made['id']}/votes", json={"choice": choice} | more)


def tokens(made, count=1):
    answer = keeper(made).post(f"/polls/{made['id']}/tokens", {"count": count})
    return ok(answer, 201)["tokens"]


def votes(made, who=ANYONE):
    shown = ok(who.get(f"/polls/{made['id']}"), 200)
    return [choice["votes"] for choice in shown["choices"]]


def close(made):
    return keeper(made).post(f"/polls/{made['id']}/close")
