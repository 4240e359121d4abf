"""Courses and seats, from the spec's tables and rules."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import BASE, ids, ok, register, unique


def new_course(staff, **changes):
    body = {"title": f"Course {unique()}", "capacity": 2, "starts_on": "2031-01-05"} | changes
    return ok(staff.post(f"{BASE}/courses", body))


def take(who, course, **more):
    return who.post(f"{BASE}/courses/{course['id']}/seats", more)


def test_a_course_is_kept(staff, anyone):
    made = new_course(staff, capacity=7, color="ignored")
    shown = ok(anyone.get(f"{BASE}/courses/{made['id']}"))
    assert (shown["title"], shown["capacity"]) == (made["title"], 7)
    assert shown["starts_on"] == "2031-01-05"
    assert "color" not in shown


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "ab"},
        {"title": "x" * 101},
        {"capacity": 0},
        {"capacity": 101},
        {"starts_on": "2031-02-30"},
        {"starts_on": None},
    ],
)
def test_courses_that_are_none_are_400(staff, changes):
    body = {"title": "Course", "capacity": 2, "starts_on": "2031-01-05"} | changes
    answer = staff.post(f"{BASE}/courses", body)
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], dict)


def test_a_seat_is_taken_once(staff):
    who, course = register(), new_course(staff)
    seat = ok(take(who, course))
    assert (seat["hours"], seat["member_id"]) == (2, who.account["id"])
    assert take(who, course).status_code == 409
    assert ids(staff.get(f"{BASE}/courses/{course['id']}/seats")) == [seat["id"]]


def test_no_more_seats_than_the_capacity(staff):
    course = new_course(staff, capacity=2)
    ok(take(register(), course))
    ok(take(register(), course))
    assert take(register(), course).status_code == 409
    ok(take(register(), new_course(staff)))


def test_the_last_seats_at_once(staff):
    course = new_course(staff, capacity=2)
    people = [register() for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda who: take(who, course).status_code, people))
    assert answers.count(409) == 3
    assert len(ids(staff.get(f"{BASE}/courses/{course['id']}/seats"))) == 2


def test_the_sum_of_the_hours(staff):
    course = new_course(staff, capacity=9)
    ok(take(register(), course, hours=40))
    assert take(register(), course, hours=21).status_code == 409
    ok(take(register(), course, hours=20))
    assert take(register(), course, hours=1).status_code == 409


@pytest.mark.parametrize("hours", [0, 41, "many"])
def test_hours(staff, hours):
    assert take(register(), new_course(staff), hours=hours).status_code == 400


def test_a_course_that_is_called_off(staff, admin, anyone):
    course = new_course(staff)
    ok(take(register(), course))
    assert admin.delete(f"{BASE}/courses/{course['id']}").status_code in (200, 204)
    assert anyone.get(f"{BASE}/courses/{course['id']}").status_code == 404
    assert take(register(), course).status_code == 404


def test_pages_of_ten(staff, anyone):
    for _ in range(11):
        new_course(staff)
    assert len(ids(anyone.get(f"{BASE}/courses"))) == 10
    answer = anyone.get(f"{BASE}/courses", page_size=26)
    assert answer.status_code == 400 or len(ids(answer)) <= 25
