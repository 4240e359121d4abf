"""Cars and trips, from the spec's tables and rules."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import BASE, Caller, ids, ok, register, unique


def car_body(**changes):
    return {"plate": unique()[:12], "seats": 5, "key_code": "K-77"} | changes


def car(staff, **changes):
    return ok(staff.post(f"{BASE}/cars", car_body(**changes)))


def book(who, made, day="2031-05-01", **more):
    return who.post(f"{BASE}/trips", {"car_id": made["id"], "day": day} | more)


def move(who, trip, name):
    return who.post(f"{BASE}/trips/{trip['id']}/{name}")


def test_a_car_is_kept_and_its_plate_never_changes(staff, alice):
    sent = car_body()
    made = ok(staff.post(f"{BASE}/cars", sent))
    path = f"{BASE}/cars/{made['id']}"
    shown = ok(alice.get(path))
    assert (shown["plate"], shown["seats"], shown["km"]) == (sent["plate"], 5, 0)
    assert ok(staff.patch(path, {"km": 120}))["km"] == 120
    assert staff.patch(path, {"plate": "OTHER"}).status_code in (200, 400)
    assert ok(alice.get(path))["plate"] == sent["plate"]
    assert staff.post(f"{BASE}/cars", car_body(plate=sent["plate"])).status_code == 409


@pytest.mark.parametrize(
    "changes", [{"seats": 0}, {"seats": 10}, {"km": -1}, {"plate": "x" * 13}, {"key_code": None}]
)
def test_cars_that_are_none_are_400(staff, changes):
    answer = staff.post(f"{BASE}/cars", car_body(**changes))
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_one_trip_a_day(staff):
    who, made = register(), car(staff)
    first = ok(book(who, made))
    assert (first["people"], first["status"]) == (1, "booked")
    assert book(register(), made).status_code == 409
    ok(book(register(), made, "2031-05-02"))
    ok(book(register(), car(staff)))
    ok(move(who, first, "drop"))
    second = ok(book(register(), made))
    assert second["day"] == "2031-05-01"


def test_one_gets_the_car(staff):
    made = car(staff)
    people = [register() for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda who: book(who, made).status_code, people))
    assert answers.count(409) == 4


def test_a_day_stays_taken_when_it_was_driven(staff):
    who, made = register(), car(staff)
    trip = ok(book(who, made))
    ok(move(who, trip, "drive"))
    assert move(who, trip, "drop").status_code == 409
    assert move(who, trip, "drive").status_code == 409
    assert book(register(), made).status_code == 409


def test_the_sum_of_the_people(staff):
    made = car(staff)
    ok(book(register(), made, "2031-06-01", people=9))
    ok(book(register(), made, "2031-06-02", people=9))
    assert book(register(), made, "2031-06-03", people=3).status_code == 409
    ok(book(register(), made, "2031-06-03", people=2))


def test_a_sold_car_is_gone(staff, admin, alice):
    made = car(staff)
    assert admin.delete(f"{BASE}/cars/{made['id']}").status_code in (200, 204)
    assert alice.get(f"{BASE}/cars/{made['id']}").status_code == 404
    assert book(alice, made).status_code in (400, 404, 409, 422)
    car(staff, plate=made["plate"])


def test_lists_have_results_and_a_total(staff):
    who = register()
    for _ in range(3):
        ok(book(who, car(staff)))
    shown = ok(who.get(f"{BASE}/trips", limit=2))
    assert (len(shown["results"]), shown["total"]) == (2, 3)
    assert len(ids(who.get(f"{BASE}/trips", limit=2, offset=2))) == 1
    assert ids(who.get(f"{BASE}/trips", status="driven")) == []


def test_a_refresh_token_is_used_once():
    tokens = register().tokens
    body = {"refresh_token": tokens["refresh_token"]}
    fresh = ok(Caller().post(f"{BASE}/auth/refresh", body))
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert Caller().post(f"{BASE}/auth/refresh", body).status_code == 401
