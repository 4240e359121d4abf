"""Accounts, deposits and transfers, from the spec."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import ids, ok, unique
from bank import account, balance, entries, student, teller, transfer


def test_a_new_account():
    who = student()
    made = account(who)
    assert (made["person_id"], made["name"]) == (who.id, "Main")
    assert (made["balance_cents"], made["closed"]) == (0, False)
    assert ids(who.get("/accounts")) == [made["id"]]
    assert made["id"] in ids(teller().get("/accounts"))
    for name in ("", "x" * 41, None):
        assert who.post("/accounts", {"name": name}).status_code == 422


def test_the_counter():
    who, clerk = student(), teller()
    made = account(who)
    path = f"/accounts/{made['id']}"
    entry = ok(clerk.post(f"{path}/deposit", {"amount_cents": 500}), 201)
    assert (entry["account_id"], entry["amount_cents"]) == (made["id"], 500)
    assert entry["other_account_id"] is None
    assert clerk.post(f"{path}/withdraw", {"amount_cents": 501}).status_code == 409
    assert ok(clerk.post(f"{path}/withdraw", {"amount_cents": 500}), 201)["amount_cents"] == -500
    assert balance(who, made) == 0
    for wrong in (0, -5, 100000001, 1.5, "much", None):
        assert clerk.post(f"{path}/deposit", {"amount_cents": wrong}).status_code == 422
    assert clerk.post("/accounts/987654321/deposit", {"amount_cents": 1}).status_code == 404


def test_a_transfer_is_on_both_sides():
    ann, bob = student(), student()
    source, target = account(ann, 1000), account(bob)
    entry = ok(transfer(ann, source, target, 300, reference="Rent"), 201)
    assert (entry["account_id"], entry["other_account_id"]) == (source["id"], target["id"])
    assert (entry["amount_cents"], entry["reference"]) == (-300, "Rent")
    (mirror,) = entries(bob, target)
    assert (mirror["other_account_id"], mirror["amount_cents"]) == (source["id"], 300)
    assert mirror["reference"] == "Rent"
    assert (balance(ann, source), balance(bob, target)) == (700, 300)


def test_transfers_that_do_not_happen():
    who = student()
    source, target = account(who, 100), account(who)
    assert transfer(who, source, target, 101).status_code == 409
    assert transfer(who, source, source, 1).status_code == 422
    assert transfer(who, source, {"id": 987654321}, 1).status_code == 404
    assert transfer(who, source, target, 0).status_code == 422
    assert transfer(who, source, target, -50).status_code == 422
    assert transfer(who, source, target, 1, reference="x" * 141).status_code == 422
    assert (balance(who, source), balance(who, target)) == (100, 0)
    assert entries(who, target) == []


def test_a_closed_account():
    who = student()
    full, empty = account(who, 100), account(who)
    assert who.post(f"/accounts/{full['id']}/close").status_code == 409
    assert ok(who.post(f"/accounts/{empty['id']}/close"), 200)["closed"] is True
    assert transfer(who, full, empty, 1).status_code == 409
    path = f"/accounts/{empty['id']}/deposit"
    assert teller().post(path, {"amount_cents": 1}).status_code == 409
    assert balance(who, full) == 100


def test_entries_come_newest_first_and_in_parts():
    who = student()
    source, target = account(who, 100), account(who)
    made = [ok(transfer(who, source, target, 1), 201)["id"] for _ in range(5)]
    first = [entry["id"] for entry in entries(who, source, limit=2)]
    assert first == [made[4], made[3]]
    rest = [entry["id"] for entry in entries(who, source, limit=100, before=first[-1])]
    assert rest[:3] == [made[2], made[1], made[0]]
    for wrong in (0, 101, "many"):
        path = f"/accounts/{source['id']}/entries"
        assert who.get(path, limit=wrong).status_code == 422


def test_a_key_moves_money_once():
    ann, bob, key = student(), student(), unique("key")
    source, target = account(ann, 1000), account(bob, 1000)
    first = ok(transfer(ann, source, target, 10, key), 201)
    assert ok(transfer(ann, source, target, 10, key), 200) == first
    assert ok(transfer(ann, source, target, 99, key), 200) == first
    assert balance(ann, source) == 990
    ok(transfer(bob, target, source, 10, key), 201)
    ok(transfer(ann, source, target, 10, unique("key")), 201)
    assert transfer(ann, source, target, 10, "k" * 65).status_code == 422


def test_a_refused_transfer_does_not_use_its_key_up():
    who, key = student(), unique("key")
    source, target = account(who, 10), account(who)
    assert transfer(who, source, target, 11, key).status_code == 409
    ok(transfer(who, source, target, 10, key), 201)


def test_one_key_many_times_at_once():
    who, key = student(), unique("key")
    source, target = account(who, 100), account(who)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: transfer(who, source, target, 10, key), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert balance(who, source) == 90


def test_no_overdraft_at_once():
    who = student()
    source, target = account(who, 50), account(who)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: transfer(who, source, target, 10), range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    assert (balance(who, source), balance(who, target)) == (0, 50)
    assert sum(entry["amount_cents"] for entry in entries(who, source)) == 0


@pytest.mark.parametrize("cents", [1, 7])
def test_both_ways_at_once(cents):
    who = student()
    one, two = account(who, 1000), account(who, 1000)
    ways = [(one, two), (two, one)] * 10
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda way: transfer(who, *way, cents), ways))
    assert [answer.status_code for answer in answers] == [201] * 20
    assert (balance(who, one), balance(who, two)) == (1000, 1000)
