"""What the audit found, and what it did not look for."""

import pytest
from api import Caller, items, ok
from people import found, person, scrap

INJECTIONS = ["'", "x' OR '1'='1", "%' OR 1=1 --", "') UNION SELECT id, 1, name, password, 1 FROM people --"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_search_is_no_query(text):
    who, other = person(), person()
    hidden, own = scrap(other), scrap(who, body=f"before {text} after")
    shown = items(who.get("/scraps", q=text))
    assert own["id"] in [row["id"] for row in shown]
    assert hidden["id"] not in [row["id"] for row in shown]
    assert not [row for row in shown if text not in row["title"] + row["body"]]


@pytest.mark.parametrize(
    "sort", ["person_id", "body", "nope", "", "--title", "-id", "(SELECT password FROM people)", "id; DROP TABLE scraps"]
)
def test_a_sort_is_one_of_three(sort):
    assert person().get("/scraps", sort=sort).status_code == 422


def test_what_is_not_shared_does_not_exist():
    made, other = scrap(person()), person()
    path = f"/scraps/{made['id']}"
    assert other.get(path).status_code == 404
    assert other.patch(path, {"title": "Taken"}).status_code == 404
    assert other.delete(path).status_code == 404
    assert made["id"] not in found(other)


def test_what_is_shared_is_not_changed_by_others():
    owner, other = person(), person()
    made = scrap(owner, shared=True)
    path = f"/scraps/{made['id']}"
    assert ok(other.get(path), 200) == made
    assert other.patch(path, {"title": "Taken"}).status_code == 403
    assert other.delete(path).status_code == 403
    assert ok(owner.get(path), 200) == made


@pytest.mark.parametrize("name", ["person_id", "id", "title = 'x', body", "nope", "person_id = 1 --"])
def test_only_three_fields_change(name):
    owner, other = person(), person()
    made, theirs = scrap(owner), scrap(other)
    assert owner.patch(f"/scraps/{made['id']}", {name: other.id}).status_code in (200, 422)
    assert ok(owner.get(f"/scraps/{made['id']}"), 200) == made
    assert ok(other.get(f"/scraps/{theirs['id']}"), 200) == theirs


def test_nobody_writes_in_another_name():
    owner, other = person(), person()
    answer = other.post("/scraps", {"title": "x", "person_id": owner.id})
    assert answer.status_code == 422 or answer.json()["person_id"] == other.id


@pytest.mark.parametrize("token", [None, "", "nonsense", "' OR '1'='1", "None", "null"])
def test_a_token_is_needed(token):
    person()
    for path in ("/scraps", "/scraps/1"):
        assert Caller(token).get(path).status_code == 401
    assert CallerWith("Bearer").get("/scraps").status_code == 401


def CallerWith(text):
    caller = Caller()
    caller.headers = {"Authorization": text}
    return caller


@pytest.mark.parametrize("wrong", [2**70, [], {}, 1.5, None])
def test_odd_input_is_no_5xx(wrong):
    who = person()
    assert who.post("/scraps", {"title": wrong}).status_code == 422
    assert who.patch(f"/scraps/{scrap(who)['id']}", {"title": wrong}).status_code in (200, 422)
    assert who.get(f"/scraps/{2**70}").status_code in (404, 422)
    assert who.get("/scraps", q="\x00").status_code in (200, 422)
