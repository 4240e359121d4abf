"""The desk has a key; guests have none."""

from api import Caller, ok, unique

GUEST = Caller()
DESK = Caller()
DESK.headers = {"X-Api-Key": "desk-7f31"}
ATTIC = Caller()
ATTIC.headers = {"X-Api-Key": "attic-9c02"}
OLD_FIELDS = {"id", "title", "author", "year"}


def body(**changes):
    return {"title": unique("Book"), "author": "A. Author", "year": 1999} | changes


def book(**changes):
    return ok(DESK.post("/books", body(**changes)), 201)


def lend(made, who=DESK, reader="Rita Reader"):
    return who.post(f"/books/{made['id']}/loan", {"reader": reader})
