"""Topics and replies, from the spec's tables and rules."""

import pytest
from api import BASE, REFUSED, ids, ok, register, unique


def topic_body(**changes):
    return {"title": f"Topic {unique()}", "text": "What do you think?"} | changes


def topic(who, **changes):
    return ok(who.post(f"{BASE}/topics", topic_body(**changes)))


def reply(who, made, text="I agree."):
    return who.post(f"{BASE}/topics/{made['id']}/replies", {"text": text})


def test_a_topic_is_kept(bob):
    who, sent = register(), topic_body()
    made = ok(who.post(f"{BASE}/topics", sent))
    shown = ok(bob.get(f"{BASE}/topics/{made['id']}"))
    assert {key: shown[key] for key in sent} == sent
    assert (shown["state"], shown["author_id"]) == ("open", who.account["id"])
    assert shown["created_at"]


@pytest.mark.parametrize(
    "changes", [{"title": "abcd"}, {"title": "x" * 121}, {"text": "x" * 5001}, {"text": None}]
)
def test_topics_that_are_none(changes):
    assert register().post(f"{BASE}/topics", topic_body(**changes)).status_code in REFUSED


def test_three_open_topics(staff):
    who = register()
    made = [topic(who) for _ in range(3)]
    assert who.post(f"{BASE}/topics", topic_body()).status_code == 409
    ok(staff.post(f"{BASE}/topics/{made[0]['id']}/lock"))
    fourth = topic(who)
    assert staff.post(f"{BASE}/topics/{made[0]['id']}/unlock").status_code == 409
    assert who.delete(f"{BASE}/topics/{fourth['id']}").status_code in (200, 204)
    ok(staff.post(f"{BASE}/topics/{made[0]['id']}/unlock"))


def test_locked_and_unlocked(staff):
    made = topic(register())
    path = f"{BASE}/topics/{made['id']}"
    assert staff.post(f"{path}/unlock").status_code == 409
    ok(staff.post(f"{path}/lock"))
    assert staff.post(f"{path}/lock").status_code == 409
    ok(staff.post(f"{path}/unlock"))
    assert ok(staff.get(path))["state"] == "open"


def test_replies(alice, bob, staff):
    made, other = topic(register()), topic(register())
    found = [ok(reply(who, made)) for who in (alice, bob, staff)]
    ok(reply(bob, other))
    assert [row["author_id"] for row in found[:2]] == [alice.account["id"], bob.account["id"]]
    path = f"{BASE}/topics/{made['id']}/replies"
    assert sorted(ids(alice.get(path))) == sorted(row["id"] for row in found)
    for text in ("", "x" * 1001, None):
        assert reply(alice, made, text).status_code in REFUSED


def test_a_removed_topic_takes_its_replies_along(alice):
    who = register()
    made = topic(who)
    ok(reply(alice, made))
    path = f"{BASE}/topics/{made['id']}"
    assert who.delete(path).status_code in (200, 204)
    assert alice.get(path).status_code == 404
    assert alice.get(f"{path}/replies").status_code == 404
    assert reply(alice, made).status_code == 404


def test_an_error_comes_in_an_envelope(alice):
    answer = alice.get(f"{BASE}/topics/00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 404
    assert isinstance(answer.json()["error"], dict)
