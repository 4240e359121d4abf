"""Items and bookings, from the spec's tables and sentences."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import PASSWORD, Caller, ids, ok, unique
from people import ask, decide, member, new_item


def test_an_item_has_what_the_table_has():
    owner = member()
    made = new_item(owner, deposit_cents=1500)
    shown = ok(member().get(f"/items/{made['id']}"), 200)
    assert (shown["owner_id"], shown["title"], shown["deposit_cents"]) == (
        owner.id, made["title"], 1500,
    )
    assert new_item(owner)["deposit_cents"] == 0


@pytest.mark.parametrize(
    "changes",
    [{"title": ""}, {"title": "x" * 121}, {"title": None}, {"deposit_cents": -1},
     {"deposit_cents": 1000001}, {"deposit_cents": "many"}],
)
def test_what_breaks_a_check_is_refused(changes):
    assert member().post("/items", {"title": unique()} | changes).status_code == 422


def test_one_title_of_one_owner():
    owner = member()
    title = new_item(owner)["title"]
    assert owner.post("/items", {"title": title}).status_code == 409
    assert member().post("/items", {"title": title}).status_code == 201


def test_search_takes_text_as_it_is():
    owner, word = member(), unique()
    percent, plain = new_item(owner, title=f"{word} 50% Off"), new_item(owner, title=f"{word} 50 x")
    assert ids(owner.get("/items", q=f"{word.upper()} 50")) == [percent["id"], plain["id"]]
    assert ids(owner.get("/items", q=f"{word} 50%")) == [percent["id"]]
    assert ids(owner.get("/items", q=f"{word}_")) == []


def test_an_email_is_taken_in_any_case():
    body = {"email": member().email.upper(), "password": PASSWORD, "name": "Bob"}
    assert Caller().post("/auth/register", body).status_code == 409


def test_a_booking_waits_for_the_owner():
    owner, borrower = member(), member()
    item = new_item(owner)
    made = ok(ask(borrower, item, "2031-05-01", "2031-05-03"), 201)
    assert (made["item_id"], made["borrower_id"]) == (item["id"], borrower.id)
    assert (made["first_day"], made["last_day"]) == ("2031-05-01", "2031-05-03")
    assert made["status"] == "asked"
    assert ok(decide(owner, made, "agree"), 200)["status"] == "agreed"
    for word in ("agree", "refuse"):
        assert decide(owner, made, word).status_code == 409
    assert ok(borrower.get(f"/bookings/{made['id']}"), 200)["status"] == "agreed"


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [("2031-05-09", "2031-05-10", 409), ("2031-05-12", "2031-05-15", 409),
     ("2031-05-11", "2031-05-11", 409), ("2031-05-01", "2031-05-30", 409),
     ("2031-05-08", "2031-05-09", 201), ("2031-05-13", "2031-05-13", 201)],
)
def test_agreed_days_are_taken_whole(first, last, status):
    owner, item = member(), None
    item = new_item(owner)
    agreed = ok(ask(member(), item, "2031-05-10", "2031-05-12"), 201)
    ok(decide(owner, agreed, "agree"), 200)
    assert ask(member(), item, first, last).status_code == status


def test_many_may_ask_and_one_gets_it():
    owner = member()
    item = new_item(owner)
    first, second = (ok(ask(member(), item, "2031-06-01", "2031-06-02"), 201) for _ in range(2))
    ok(decide(owner, first, "agree"), 200)
    assert decide(owner, second, "agree").status_code == 409
    assert ok(decide(owner, second, "refuse"), 200)["status"] == "refused"
    assert ask(member(), new_item(owner), "2031-06-01", "2031-06-02").status_code == 201


def test_one_is_agreed_when_all_are_at_once():
    owner = member()
    item = new_item(owner)
    asked = [ok(ask(member(), item, "2031-07-01", "2031-07-02"), 201) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda booking: decide(owner, booking, "agree"), asked))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


@pytest.mark.parametrize(
    ("first", "last"),
    [("2031-05-02", "2031-05-01"), ("2031-02-30", "2031-03-01"), ("soon", "2031-03-01")],
)
def test_days_that_are_none(first, last):
    assert ask(member(), new_item(member()), first, last).status_code == 422


def test_nobody_books_their_own():
    owner = member()
    assert ask(owner, new_item(owner), "2031-05-01", "2031-05-01").status_code == 409


def test_deleting_an_item():
    owner, borrower = member(), member()
    item, free = new_item(owner), new_item(owner)
    ok(decide(owner, ok(ask(borrower, item, "2031-05-01", "2031-05-01"), 201), "agree"), 200)
    assert owner.delete(f"/items/{item['id']}").status_code == 409
    asked = ok(ask(borrower, free, "2031-05-01", "2031-05-01"), 201)
    assert owner.delete(f"/items/{free['id']}").status_code == 204
    assert owner.get(f"/items/{free['id']}").status_code == 404
    assert borrower.get(f"/bookings/{asked['id']}").status_code == 404


def test_bookings_are_listed_for_both_sides():
    owner, borrower = member(), member()
    made = ok(ask(borrower, new_item(owner), "2031-05-01", "2031-05-01"), 201)
    other = ok(ask(member(), new_item(member()), "2031-05-01", "2031-05-01"), 201)
    for who in (owner, borrower):
        assert ids(who.get("/bookings")) == [made["id"]]
        assert who.get(f"/bookings/{other['id']}").status_code == 404
