"""The catalog, from the spec's tables."""

import uuid

import pytest
from api import REFUSED, ids, items, ok, unique
from conftest import book_body


def test_a_book_is_kept_as_it_was_given(staff, anyone):
    body = book_body(stock=3, description="A good one")
    made = ok(staff.post("/books", body))
    shown = ok(anyone.get(f"/books/{made['id']}"))
    assert {key: shown[key] for key in body} == body


def test_defaults(staff):
    made = ok(staff.post("/books", book_body()))
    assert made["stock"] == 0
    assert made["description"] is None


def test_money_is_text(book):
    assert book["price"] == "12.50"


def test_ids_are_uuids(book):
    assert str(uuid.UUID(book["id"])) == book["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"author": ""},
        {"isbn": "123456789"},
        {"isbn": "x" * 18},
        {"price": "-0.01"},
        {"price": "much"},
        {"stock": -1},
        {"description": "x" * 5001},
        {"surprise": 1},
    ],
    ids="-".join,
)
def test_what_is_wrong_is_refused(staff, changes):
    assert staff.post("/books", book_body(**changes)).status_code in REFUSED


@pytest.mark.parametrize("key", ["title", "author", "isbn", "price"])
def test_what_is_required(staff, key):
    body = book_body()
    del body[key]
    assert staff.post("/books", body).status_code in REFUSED


def test_an_isbn_is_taken_once(staff, book):
    assert staff.post("/books", book_body(isbn=book["isbn"])).status_code == 409


def test_a_change_changes_what_was_sent_and_nothing_else(staff, anyone, book):
    ok(staff.patch(f"/books/{book['id']}", {"price": "9.99"}))
    shown = ok(anyone.get(f"/books/{book['id']}"))
    assert (shown["price"], shown["title"], shown["stock"]) == ("9.99", book["title"], 10)


def test_a_removed_book_is_gone(staff, anyone, book):
    assert staff.delete(f"/books/{book['id']}").status_code in (200, 204)
    assert anyone.get(f"/books/{book['id']}").status_code == 404


def test_a_book_that_is_not_there(anyone, staff):
    assert anyone.get(f"/books/{uuid.uuid4()}").status_code == 404
    assert staff.patch(f"/books/{uuid.uuid4()}", {"price": "1.00"}).status_code == 404


def test_filter_by_author(staff, anyone):
    author = f"Author {unique()}"
    mine = ok(staff.post("/books", book_body(author=author)))
    ok(staff.post("/books", book_body()))
    assert ids(anyone.get("/books", author=author)) == [mine["id"]]


def test_pages(staff, anyone):
    author = f"Author {unique()}"
    made = {ok(staff.post("/books", book_body(author=author)))["id"] for _ in range(5)}
    seen, params = [], {"author": author, "limit": 2}
    for _ in range(3):
        answer = anyone.get("/books", **params)
        assert len(items(answer)) <= 2
        seen += ids(answer)
        body = answer.json()
        cursors = [value for key, value in body.items() if "cursor" in key]
        if not cursors or cursors[0] is None:
            break
        params["cursor"] = cursors[0]
    assert sorted(seen) == sorted(made)


def test_a_page_holds_100_at_most(anyone):
    answer = anyone.get("/books", limit=101)
    assert answer.status_code in REFUSED or len(items(answer)) <= 100
