"""Handles, the limit of a day, the hours of a month."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import ok, unique
from office import OFFICE, add_shift, volunteer


def test_handles_count_up():
    name = unique("Ida").replace("-", " ")
    stem = name.lower().replace(" ", "-")
    assert [volunteer(name)["handle"] for _ in range(3)] == [stem, f"{stem}-2", f"{stem}-3"]
    shown = ok(OFFICE.get(f"/volunteers/by-handle/{stem}-2"), 200)
    assert (shown["name"], shown["handle"]) == (name, f"{stem}-2")
    assert OFFICE.get(f"/volunteers/by-handle/{stem}-4").status_code == 404


def test_a_taken_number_is_passed_over():
    stem = unique("eva").replace("_", "-")
    assert volunteer(f"{stem}-2")["handle"] == f"{stem}-2"
    assert volunteer(stem)["handle"] == stem
    assert volunteer(stem)["handle"] == f"{stem}-3"


@pytest.mark.parametrize(
    ("form", "handle"),
    [("  {}  B.  ", "{}-b"), ("{}_É_x", "{}-x"), ("--{}--", "{}"), ("{}/../y", "{}-y")],
)
def test_what_a_handle_is_made_of(form, handle):
    word = unique("W").replace("-", "")
    assert volunteer(form.format(word))["handle"] == handle.format(word.lower())


def test_a_handle_has_40_characters():
    word = unique("n").replace("-", "")  # 11
    made = volunteer(word + "a" * 28 + " " + "b" * 20)
    assert made["handle"] == word + "a" * 28
    assert volunteer("日本" + " ")["handle"].startswith("volunteer")


def test_many_of_one_name_at_once():
    name = unique("Twin").lower()
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: volunteer(name)["handle"], range(6)))
    assert sorted(made) == sorted([name] + [f"{name}-{n}" for n in range(2, 7)])


def test_twelve_hours_a_day():
    who = volunteer()
    ok(add_shift(who, "2026-04-01", 8), 201)
    assert add_shift(who, "2026-04-01", 5).status_code == 409
    ok(add_shift(who, "2026-04-01", 4), 201)
    assert add_shift(who, "2026-04-01", 1).status_code == 409
    ok(add_shift(who, "2026-04-02", 12), 201)
    ok(add_shift(volunteer(), "2026-04-01", 12), 201)
    assert len(ok(OFFICE.get(f"/volunteers/{who['id']}/shifts"), 200)["shifts"]) == 3


def test_twelve_hours_at_once():
    who = volunteer()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: add_shift(who, "2026-04-09", 5).status_code, range(6)))
    assert sorted(answers) == [201, 201] + [409] * 4


def test_the_hours_of_a_month():
    assert ok(OFFICE.get("/hours", month="2025-01"), 200) == {
        "month": "2025-01", "total": 7, "volunteers": [{"id": 1, "handle": "ada-berg", "hours": 7}],
    }
    name = unique("m").lower()
    b, a, most = volunteer(f"{name}b"), volunteer(f"{name}a"), volunteer(f"{name}c")
    for who, day, hours in ((b, "2031-02-01", 3), (a, "2031-02-28", 3), (most, "2031-02-10", 5),
                            (most, "2031-03-01", 9), (most, "2031-01-31", 9)):
        ok(add_shift(who, day, hours), 201)
    shown = ok(OFFICE.get("/hours", month="2031-02"), 200)
    assert shown["total"] == 11
    assert [(row["id"], row["hours"]) for row in shown["volunteers"]] == [
        (most["id"], 5), (a["id"], 3), (b["id"], 3),
    ]
    assert ok(OFFICE.get("/hours", month="1901-01"), 200) == {
        "month": "1901-01", "total": 0, "volunteers": [],
    }


@pytest.mark.parametrize("month", ["2025-13", "2025-00", "2025-1", "2025-01-01", "soon", "", "1899-12", "3000-01"])
def test_months_that_are_none(month):
    assert OFFICE.get("/hours", month=month).status_code == 422
    assert OFFICE.get("/hours").status_code == 422
