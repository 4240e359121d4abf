"""Hidden tests of the todo list, written from instruction.md alone.

The spec leaves the shape of a list, the name of the sort parameter and the exact success and
validation statuses open; nothing here asks for them.
"""

import uuid

import pytest
from api import API, items


def add(**changes):
    body = {"title": f"task {uuid.uuid4().hex[:8]}", **changes}
    answer = API.post("/tasks", json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def every(**params):
    return {task["id"]: task for task in items(API.get("/tasks", params=params))}


def unknown(known):
    return 2_000_000_000 if str(known).isdigit() else str(uuid.uuid4())


def test_a_task_has_what_it_was_given():
    task = add(title="Buy milk", due_on="2031-05-06")
    assert (task["title"], task["due_on"]) == ("Buy milk", "2031-05-06")


def test_defaults():
    task = add()
    assert task["done"] is False
    assert task["due_on"] is None


def test_the_list_shows_it():
    task = add()
    assert every()[task["id"]]["title"] == task["title"]


def test_the_list_is_filtered_by_done():
    undone, done = add(), add(done=True)
    assert done["id"] in every(done="true")
    assert undone["id"] not in every(done="true")
    assert undone["id"] in every(done="false")
    assert done["id"] not in every(done="false")


def test_a_change_changes_what_was_sent_and_nothing_else():
    task = add(due_on="2031-05-06")
    answer = API.patch(f"/tasks/{task['id']}", json={"done": True})
    assert answer.status_code == 200
    changed = every()[task["id"]]
    assert changed["done"] is True
    assert (changed["title"], changed["due_on"]) == (task["title"], "2031-05-06")


def test_a_removed_task_is_gone():
    task = add()
    assert API.delete(f"/tasks/{task['id']}").status_code in (200, 202, 204)
    assert task["id"] not in every()
    assert API.patch(f"/tasks/{task['id']}", json={"done": True}).status_code == 404


def test_a_task_that_is_not_there():
    missing = unknown(add()["id"])
    assert API.patch(f"/tasks/{missing}", json={"done": True}).status_code == 404
    assert API.delete(f"/tasks/{missing}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "x" * 121},
        {"title": None},
        {"title": "a", "done": "perhaps"},
        {"title": "a", "due_on": "next week"},
        {"title": "a", "due_on": "2031-02-30"},
    ],
)
def test_what_is_wrong_is_refused(body):
    assert API.post("/tasks", json=body).status_code in (400, 422)


def test_the_longest_title():
    assert add(title="x" * 120)["title"] == "x" * 120


def test_a_change_is_checked_too():
    task = add()
    answer = API.patch(f"/tasks/{task['id']}", json={"title": "x" * 121})
    assert answer.status_code in (400, 422)
    assert every()[task["id"]]["title"] == task["title"]
