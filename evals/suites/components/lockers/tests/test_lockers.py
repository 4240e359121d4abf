"""Lockers and rentals, from the spec's tables and rules."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import BASE, REFUSED, ids, ok, register, unique


def new_locker(staff, **changes):
    return ok(staff.post(f"{BASE}/lockers", {"code": unique()[:10], "hall": "north"} | changes))


def ask(who, locker, **more):
    return who.post(f"{BASE}/rentals", {"locker_id": locker["id"]} | more)


def move(who, rental, name):
    return who.post(f"{BASE}/rentals/{rental['id']}/{name}")


def test_a_rental_is_kept(staff):
    who, locker = register(), new_locker(staff)
    made = ok(ask(who, locker, note="near the door"))
    shown = ok(who.get(f"{BASE}/rentals/{made['id']}"))
    assert (shown["locker_id"], shown["member_id"]) == (locker["id"], who.account["id"])
    assert (shown["status"], shown["note"]) == ("asked", "near the door")
    assert ids(who.get(f"{BASE}/rentals")) == [made["id"]]


def test_ids_are_uuids(staff):
    assert len(new_locker(staff)["id"]) == 36


@pytest.mark.parametrize("changes", [{"hall": "west"}, {"code": "x" * 11}, {"code": None}])
def test_lockers_that_are_none(staff, changes):
    body = {"code": unique()[:10], "hall": "north"} | changes
    assert staff.post(f"{BASE}/lockers", body).status_code in REFUSED


def test_a_code_is_taken_once(staff):
    code = new_locker(staff)["code"]
    assert staff.post(f"{BASE}/lockers", {"code": code, "hall": "south"}).status_code == 409


def test_the_list_is_filtered(staff, anyone):
    south = new_locker(staff, hall="south")
    north = new_locker(staff)
    found = ids(anyone.get(f"{BASE}/lockers", hall="south", limit=50))
    assert south["id"] in found
    assert north["id"] not in found


def test_the_whole_way(staff):
    who = register()
    made = ok(ask(who, new_locker(staff)))
    ok(move(staff, made, "start"))
    assert ok(who.get(f"{BASE}/rentals/{made['id']}"))["status"] == "running"
    assert move(staff, made, "start").status_code == 409
    ok(move(who, made, "end"))
    assert move(staff, made, "end").status_code == 409
    assert move(staff, made, "start").status_code == 409


def test_two_at_a_time(staff):
    who = register()
    first = ok(ask(who, new_locker(staff)))
    ok(ask(who, new_locker(staff)))
    assert ask(who, new_locker(staff)).status_code == 409
    ok(move(who, first, "end"))
    ok(ask(who, new_locker(staff)))
    assert ask(who, new_locker(staff)).status_code == 409
    ok(ask(register(), new_locker(staff)))


def test_two_at_once(staff):
    who = register()
    lockers = [new_locker(staff) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda locker: ask(who, locker).status_code, lockers))
    assert answers.count(409) == 4
    assert len(ids(who.get(f"{BASE}/rentals"))) == 2


def test_one_key_for_one_locker(staff):
    locker = new_locker(staff)
    first, second = (ok(ask(register(), locker)) for _ in range(2))
    ok(move(staff, first, "start"))
    assert move(staff, second, "start").status_code == 409
    ok(move(staff, first, "end"))
    ok(move(staff, second, "start"))


def test_errors_have_a_detail(staff):
    answer = staff.get(f"{BASE}/rentals/00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 404
    assert "detail" in answer.json()
