"""What must not break, and who must not be lost."""

from api import ok, unique
from office import OFFICE, add_shift, volunteer


def test_those_from_paper_are_there():
    shown = ok(OFFICE.get("/volunteers"), 200)["volunteers"][:3]
    assert [(row["id"], row["name"], row["phone"]) for row in shown] == [
        (1, "Ada Berg", "+49 30 1"), (2, "Ada Berg", "+49 30 2"), (3, "Cem  Öz-Kaya", "+49 30 3"),
    ]
    assert [row["handle"] for row in shown] == ["ada-berg", "ada-berg-2", "cem-z-kaya"]
    shifts = ok(OFFICE.get("/volunteers/1/shifts"), 200)["shifts"]
    assert [(row["day"], row["hours"], row["volunteer_id"]) for row in shifts[:2]] == [
        ("2025-01-06", 4, 1), ("2025-01-31", 3, 1),
    ]


def test_a_volunteer_as_before():
    name = unique("Vera")
    made = ok(OFFICE.post("/volunteers", {"name": name, "phone": "12"}), 201)
    assert (made["name"], made["phone"]) == (name, "12")
    assert ok(OFFICE.get(f"/volunteers/{made['id']}"), 200) == made
    assert OFFICE.get("/volunteers/987654").status_code == 404
    for wrong in ({"name": ""}, {"name": "x" * 101}, {"phone": ""}, {"phone": None}):
        assert OFFICE.post("/volunteers", {"name": "A", "phone": "1"} | wrong).status_code == 422


def test_a_shift_as_before():
    who = volunteer()
    late = ok(add_shift(who, "2026-03-02", 2), 201)
    early = ok(add_shift(who, "2026-03-01", 12), 201)
    assert (early["volunteer_id"], early["day"], early["hours"]) == (who["id"], "2026-03-01", 12)
    assert ok(OFFICE.get(f"/volunteers/{who['id']}/shifts"), 200) == {"shifts": [early, late]}
    for hours in (0, 13, None):
        assert add_shift(who, "2026-03-05", hours).status_code == 422
    assert add_shift({"id": 987654}, "2026-03-05", 1).status_code == 404
