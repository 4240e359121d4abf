"""What must not break: everything that the old version answered."""

import pytest
from api import ok
from desk import ATTIC, DESK, GUEST, OLD_FIELDS, body, book


def test_the_books_of_2024_are_there():
    shown = ok(GUEST.get("/books"), 200)
    assert [{key: row[key] for key in ("id", "title", "author", "year")} for row in shown[:2]] == [
        {"id": 1, "title": "The Machine Stops", "author": "E. M. Forster", "year": 1909},
        {"id": 2, "title": "Mathilda", "author": "Mary Shelley", "year": None},
    ]
    assert [(row["tags"], row["on_loan"]) for row in shown[:2]] == [([], False)] * 2


def test_a_book_as_before():
    sent = body()
    made = ok(ATTIC.post("/books", sent), 201)
    assert made.keys() >= OLD_FIELDS
    assert {key: made[key] for key in sent} == sent
    path = f"/books/{made['id']}"
    assert ok(GUEST.get(path), 200) == made
    new = {"title": "New", "author": "B"}
    shown = ok(DESK.put(path, new), 200)
    assert (shown["title"], shown["author"], shown["year"]) == ("New", "B", None)
    answer = DESK.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert GUEST.get(path).status_code == 404


def test_the_list_is_whole_and_plain():
    made = [book()["id"] for _ in range(25)]
    shown = ok(GUEST.get("/books"), 200)
    assert isinstance(shown, list)
    found = [row["id"] for row in shown]
    assert found == sorted(found)
    assert set(made) <= set(found)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [("GET", "/books/987654", None, 404), ("GET", "/nowhere", None, 404),
     ("POST", "/books", {"title": ""}, 422), ("POST", "/books", {"title": "x", "author": "y", "year": 3}, 422),
     ("PATCH", "/books/1", {}, 405)],
)
def test_errors_as_before(method, path, sent, status):
    answer = DESK.call(method, path, **({} if sent is None else {"json": sent}))
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}
    assert isinstance(answer.json()["error"], str)
