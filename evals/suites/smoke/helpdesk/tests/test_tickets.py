"""Tickets and their comments, from the spec's tables and rules."""

import pytest
from api import BASE, REFUSED, ids, items, ok, register, unique
from conftest import ticket_body

MOVES = {"start": "in_progress", "resolve": "resolved", "close": "closed", "reopen": "in_progress"}


def move(caller, ticket, name):
    return caller.post(f"{BASE}/tickets/{ticket['id']}/{name}")


def status_of(caller, ticket):
    return ok(caller.get(f"{BASE}/tickets/{ticket['id']}"))["status"]


def test_a_ticket_is_kept_as_it_was_given(alice):
    body = ticket_body(priority="high")
    made = ok(alice.post(f"{BASE}/tickets", body))
    shown = ok(alice.get(f"{BASE}/tickets/{made['id']}"))
    assert {key: shown[key] for key in body} == body
    assert shown["customer_id"] == alice.account["id"]


def test_defaults(ticket):
    assert (ticket["priority"], ticket["status"]) == ("normal", "open")
    assert ticket["assignee_id"] is None


def test_ids_are_integers(ticket):
    assert type(ticket["id"]) is int


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "ab"},
        {"title": "x" * 201},
        {"body": "x" * 10001},
        {"body": None},
        {"priority": "urgent"},
    ],
    ids=["short", "long", "long body", "no body", "priority"],
)
def test_what_is_wrong_is_refused(alice, changes):
    assert alice.post(f"{BASE}/tickets", ticket_body(**changes)).status_code in REFUSED


def test_an_error_comes_in_an_envelope(alice):
    answer = alice.post(f"{BASE}/tickets", {"title": "ab"})
    assert isinstance(answer.json()["error"], dict)
    assert isinstance(alice.get(f"{BASE}/tickets/2000000000").json()["error"], dict)


def test_the_whole_way(alice, agent, ticket):
    for name in ("start", "resolve", "reopen", "resolve", "close"):
        ok(move(agent, ticket, name))
        assert status_of(alice, ticket) == MOVES[name]


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ([], "resolve"),
        ([], "close"),
        (["start"], "start"),
        (["start"], "close"),
        (["start", "resolve", "close"], "reopen"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value) or "open",
)
def test_other_ways_are_closed(agent, ticket, before, name):
    # `start` and `reopen` both lead to in_progress: whether one may do for the other is left open
    for step in before:
        ok(move(agent, ticket, step))
    status = status_of(agent, ticket)
    assert move(agent, ticket, name).status_code == 409
    assert status_of(agent, ticket) == status


def test_an_agent_changes_the_priority(alice, agent, ticket):
    ok(agent.patch(f"{BASE}/tickets/{ticket['id']}", {"priority": "low"}))
    shown = ok(alice.get(f"{BASE}/tickets/{ticket['id']}"))
    assert (shown["priority"], shown["title"]) == ("low", ticket["title"])


def test_a_conversation(alice, agent, ticket):
    path = f"{BASE}/tickets/{ticket['id']}/comments"
    first = ok(alice.post(path, {"body": "Still burning."}))
    second = ok(agent.post(path, {"body": "Water is on its way."}))
    assert first["author_id"] == alice.account["id"]
    assert sorted(ids(alice.get(path))) == sorted([first["id"], second["id"]])


@pytest.mark.parametrize("body", ["", "x" * 5001])
def test_comments_have_a_length(alice, ticket, body):
    path = f"{BASE}/tickets/{ticket['id']}/comments"
    assert alice.post(path, {"body": body}).status_code in REFUSED


def test_the_list_is_filtered(alice, agent, ticket):
    high = ok(alice.post(f"{BASE}/tickets", ticket_body(priority="high")))
    ok(move(agent, high, "start"))
    found = ids(alice.get(f"{BASE}/tickets", priority="high", page_size=50))
    assert high["id"] in found
    assert ticket["id"] not in found
    found = ids(alice.get(f"{BASE}/tickets", status="open", page_size=50))
    assert ticket["id"] in found
    assert high["id"] not in found


def test_pages():
    carol = register()
    made = [ok(carol.post(f"{BASE}/tickets", ticket_body()))["id"] for _ in range(5)]
    pages = [ids(carol.get(f"{BASE}/tickets", page=page, page_size=2)) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(ticket for page in pages for ticket in page) == sorted(made)


def test_a_page_holds_50_at_most(alice):
    answer = alice.get(f"{BASE}/tickets", page_size=51)
    assert answer.status_code in REFUSED or len(items(answer)) <= 50


def test_titles_may_be_the_same(alice):
    title = f"Same {unique()}"
    first = ok(alice.post(f"{BASE}/tickets", ticket_body(title=title)))
    second = ok(alice.post(f"{BASE}/tickets", ticket_body(title=title)))
    assert first["id"] != second["id"]
