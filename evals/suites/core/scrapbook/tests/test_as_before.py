"""What honest clients do."""

import pytest
from api import PASSWORD, Caller, ok, unique
from people import found, person, scrap


def test_a_scrap_is_kept():
    who = person()
    made = scrap(who, title="It's mine", body="100% \"me\"")
    assert made.keys() == {"id", "person_id", "title", "body", "shared"}
    assert (made["person_id"], made["title"], made["body"], made["shared"]) == (
        who.id, "It's mine", "100% \"me\"", False,
    )
    path = f"/scraps/{made['id']}"
    assert ok(who.get(path), 200) == made
    assert ok(who.patch(path, {"shared": True}), 200) == made | {"shared": True}
    assert ok(who.patch(path, {"title": "New", "body": ""}), 200)["body"] == ""
    assert who.delete(path).status_code == 204
    assert who.get(path).status_code == 404


def test_search():
    who, word = person(), unique("Word")
    title, body = scrap(who, title=word), scrap(who, title="b", body=f"the {word} 5%")
    shared, hidden = scrap(person(), title=word, shared=True), scrap(person(), title=word)
    assert found(who, q=word.lower()) == [title["id"], body["id"], shared["id"]]
    assert found(who, q=f"{word} 5%") == [body["id"]]
    assert hidden["id"] not in found(who)
    assert set(found(who)) >= {title["id"], body["id"], shared["id"]}


def test_sort():
    who, word = person(), unique()
    b, a, c = (scrap(who, title=letter, body=word)["id"] for letter in "bac")
    assert found(who, q=word) == found(who, q=word, sort="id") == [b, a, c]
    assert found(who, q=word, sort="title") == [a, b, c]
    assert found(who, q=word, sort="-title") == [c, b, a]


def test_names_and_passwords():
    who = person()
    login = {"name": who.name, "password": PASSWORD}
    assert Caller().post("/people", login).status_code == 409
    assert Caller().post("/login", login | {"password": PASSWORD + "x"}).status_code == 401
    assert Caller().post("/login", {"name": unique("nobody"), "password": PASSWORD}).status_code == 401
    for wrong in ({"name": "A B"}, {"password": "short"}, {"name": ""}):
        assert Caller().post("/people", login | wrong).status_code == 422


@pytest.mark.parametrize("wrong", [{"title": ""}, {"title": "x" * 101}, {"body": "x" * 5001}, {"shared": "perhaps"}])
def test_scraps_that_are_none(wrong):
    who = person()
    assert who.post("/scraps", {"title": "A"} | wrong).status_code == 422
    assert who.patch(f"/scraps/{scrap(who)['id']}", wrong).status_code == 422
