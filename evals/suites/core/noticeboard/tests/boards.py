"""Boards and notices of a test's own."""

from api import Caller, ok, unique

ANYONE = Caller()


def board():
    return f"/boards/{unique('b')}"


def post(place, text="Hello"):
    return ok(ANYONE.post(f"{place}/notices", {"text": text}), 201)


def part(place, **params):
    return ok(ANYONE.get(f"{place}/notices", **params), 200)


def rest(place, found, limit):
    """The ids of that part and of all after it."""
    seen = [notice["id"] for notice in found["notices"]]
    while found["next"] is not None:
        found = part(place, limit=limit, cursor=found["next"])
        seen += [notice["id"] for notice in found["notices"]]
        assert len(seen) < 1000, "the list does not end"
    return seen


def unread(place, reader="ann"):
    return ok(ANYONE.get(f"{place}/unread", reader=reader), 200)["unread"]


def mark_read(place, reader="ann"):
    answer = ANYONE.call("POST", f"{place}/read", params={"reader": reader})
    assert ok(answer, 200) == {"unread": 0}
