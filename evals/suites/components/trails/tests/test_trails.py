"""Regions and trails, from the spec's tables."""

import pytest
from api import BASE, REFUSED, ids, ok, unique


def region(staff):
    return ok(staff.post(f"{BASE}/regions", {"name": unique()}))


def trail(staff, place, **changes):
    return ok(staff.post(f"{BASE}/trails", trail_body(place, **changes)))


def trail_body(place, **changes):
    body = {"region_id": place["id"], "name": f"Trail {unique()}", "slug": unique(), "km": "7.5"}
    return body | changes


def test_a_trail_is_kept(staff, anyone):
    more = {"level": "hard", "open": False, "checked_on": "2026-05-01", "tags": ["lake", "dogs"]}
    sent = trail_body(region(staff), page="https://example.com/trail", **more)
    made = ok(staff.post(f"{BASE}/trails", sent))
    shown = ok(anyone.get(f"{BASE}/trails/{made['id']}"))
    for key in sent.keys() - {"km"}:
        assert shown[key] == sent[key]
    assert float(shown["km"]) == 7.5


def test_defaults(staff):
    made = trail(staff, region(staff))
    assert (made["level"], made["open"]) == ("easy", True)
    assert (made["checked_on"], made["page"]) == (None, None)


def test_names_are_trimmed(staff):
    name = unique()
    assert trail(staff, region(staff), name=f"  {name} ")["name"] == name


WRONG = [
    {"km": "0"},
    {"km": "far"},
    {"level": "deadly"},
    {"slug": "Not A Slug"},
    {"page": "no url"},
    {"checked_on": "2026-02-30"},
    {"open": "perhaps"},
    {"tags": "lake"},
    {"name": "x" * 81},
    {"name": None},
]


@pytest.mark.parametrize("changes", WRONG, ids="-".join)
def test_trails_that_are_none(staff, changes):
    body = trail_body(region(staff), **changes)
    assert staff.post(f"{BASE}/trails", body).status_code in REFUSED


def test_a_region_must_exist(staff):
    body = trail_body({"id": "00000000-0000-4000-8000-000000000000"})
    assert staff.post(f"{BASE}/trails", body).status_code in (404, 409, *REFUSED)


def test_a_slug_is_taken_once(staff):
    place = region(staff)
    made, other = trail(staff, place), trail(staff, place)
    body = trail_body(place, slug=made["slug"])
    assert staff.post(f"{BASE}/trails", body).status_code == 409
    path = f"{BASE}/trails/{other['id']}"
    assert staff.patch(path, {"slug": made["slug"]}).status_code == 409


def test_change_and_replace(staff):
    place = region(staff)
    made = trail(staff, place, level="hard", tags=["lake"])
    path = f"{BASE}/trails/{made['id']}"
    changed = ok(staff.patch(path, {"open": False}))
    assert (changed["open"], changed["level"], changed["name"]) == (False, "hard", made["name"])
    replaced = ok(staff.call("PUT", path, json=trail_body(place, level="medium")))
    assert (replaced["id"], replaced["level"]) == (made["id"], "medium")


def test_filters(staff, anyone):
    place = region(staff)
    easy, hard = trail(staff, place), trail(staff, place, level="hard", open=False)
    path, here = f"{BASE}/trails", {"region_id": place["id"]}
    assert sorted(ids(anyone.get(path, **here))) == sorted([easy["id"], hard["id"]])
    assert ids(anyone.get(path, level="hard", **here)) == [hard["id"]]
    assert ids(anyone.get(path, open="true", **here)) == [easy["id"]]
    assert ids(anyone.get(path, level="medium", **here)) == []


def test_a_region_with_trails_stays(staff, admin):
    place = region(staff)
    made = trail(staff, place)
    assert admin.delete(f"{BASE}/regions/{place['id']}").status_code == 409
    assert staff.delete(f"{BASE}/trails/{made['id']}").status_code in (200, 204)
    assert admin.delete(f"{BASE}/regions/{place['id']}").status_code in (200, 204)


def test_pages(staff, anyone):
    place = region(staff)
    made = sorted(trail(staff, place)["id"] for _ in range(3))
    pages = [
        ids(anyone.get(f"{BASE}/trails", region_id=place["id"], page=page, page_size=2))
        for page in (1, 2)
    ]
    assert [len(page) for page in pages] == [2, 1]
    assert sorted(pages[0] + pages[1]) == made
