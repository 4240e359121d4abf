"""Tags, search and loans."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import ids, ok, unique
from desk import ATTIC, DESK, GUEST, body, book, lend


def test_tags_are_kept_sorted_and_once():
    made = book(tags=["sea", "adventure", "sea"])
    assert made["tags"] == ["adventure", "sea"]
    path = f"/books/{made['id']}"
    assert ok(DESK.put(path, body()), 200)["tags"] == ["adventure", "sea"]
    assert ok(DESK.put(path, body(tags=["new"])), 200)["tags"] == ["new"]
    assert ok(DESK.put(path, body(tags=[])), 200)["tags"] == []
    assert book()["tags"] == []


@pytest.mark.parametrize(
    "tags", [["Upper"], [""], ["x" * 21], ["two words"], ["a\n"], "sea", [1], [f"t{n}" for n in range(11)]]
)
def test_tags_that_are_none(tags):
    assert DESK.post("/books", body(tags=tags)).status_code == 422


def test_filter_by_tags():
    one, two = unique("t")[:12], unique("t")[:12]
    both, first = book(tags=[one, two]), book(tags=[one])
    assert ids(GUEST.get("/books", tag=one)) == [both["id"], first["id"]]
    assert ids(GUEST.get("/books", tag=[one, two])) == [both["id"]]
    assert ids(GUEST.get("/books", tag="none-such")) == []


def test_search():
    word = unique("Word")
    title, author = book(title=f"The {word} 100%"), book(author=word)
    assert ids(GUEST.get("/books", q=word.upper())) == [title["id"], author["id"]]
    assert ids(GUEST.get("/books", q=f"{word} 100%")) == [title["id"]]
    assert ids(GUEST.get("/books", q=f"{word[:-1]}_")) == []
    assert ids(GUEST.get("/books", q=word, tag="none-such")) == []


def test_parts_of_the_list():
    word = unique("Part")
    made = [book(title=f"{word} {n}")["id"] for n in range(5)]
    answer = GUEST.get("/books", q=word, limit=2, offset=1)
    assert (ids(answer), answer.headers["X-Total-Count"]) == (made[1:3], "5")
    answer = GUEST.get("/books", q=word, offset=3)
    assert (ids(answer), answer.headers["X-Total-Count"]) == (made[3:], "5")
    assert int(GUEST.get("/books").headers["X-Total-Count"]) == len(ids(GUEST.get("/books")))
    for wrong in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "x"}):
        assert GUEST.get("/books", **wrong).status_code == 422


def test_a_loan():
    made = book()
    loan = ok(lend(made), 201)
    assert (loan["book_id"], loan["reader"], loan["returned_at"]) == (made["id"], "Rita Reader", None)
    assert loan["lent_at"]
    assert ok(GUEST.get(f"/books/{made['id']}"), 200)["on_loan"] is True
    assert lend(made, ATTIC).status_code == 409
    assert DESK.delete(f"/books/{made['id']}").status_code == 409
    back = ok(DESK.post(f"/books/{made['id']}/return"), 200)
    assert back["id"] == loan["id"]
    assert back["returned_at"]
    assert ok(GUEST.get(f"/books/{made['id']}"), 200)["on_loan"] is False
    assert DESK.post(f"/books/{made['id']}/return").status_code == 409
    second = ok(lend(made, reader="Sam"), 201)
    assert ids(DESK.get(f"/books/{made['id']}/loans")) == [second["id"], loan["id"]]


def test_readers_have_names():
    made = book()
    for reader in ("", "x" * 81, None, 5):
        assert lend(made, reader=reader).status_code == 422
    assert lend({"id": 987654}).status_code == 404


def test_one_gets_it():
    made = book()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: lend(made).status_code, range(6)))
    assert sorted(answers) == [201] + [409] * 5


def test_a_deleted_book_leaves_nothing():
    made = book(tags=["gone"])
    ok(lend(made), 201)
    ok(DESK.post(f"/books/{made['id']}/return"), 200)
    assert DESK.delete(f"/books/{made['id']}").status_code == 204
    fresh = book()
    assert fresh["id"] > made["id"]
    assert fresh["tags"] == []
    assert ids(DESK.get(f"/books/{fresh['id']}/loans")) == []
