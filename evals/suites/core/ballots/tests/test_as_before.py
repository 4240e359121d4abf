"""Polls as they are today."""

import pytest
from api import ok
from polls import ANYONE, close, poll, vote, votes


def test_a_poll_as_before():
    made = poll()
    assert made["secret"]
    assert (made["question"], made["closed"]) == ("Which?", False)
    assert made["choices"] == [
        {"number": 1, "label": "red", "votes": 0}, {"number": 2, "label": "blue", "votes": 0},
        {"number": 3, "label": "green", "votes": 0},
    ]
    assert ok(vote(made, 2), 201) == {"choice": 2}
    ok(vote(made, 2), 201)
    ok(vote(made, 3, token="means nothing"), 201)
    shown = ok(ANYONE.get(f"/polls/{made['id']}"), 200)
    assert "secret" not in shown
    assert votes(made) == [0, 2, 1]
    assert vote(made, 4).status_code == 422
    assert ok(close(made), 200)["closed"] is True
    assert vote(made).status_code == 409
    assert votes(made) == [0, 2, 1]


@pytest.mark.parametrize(
    "more", [{"question": ""}, {"choices": ["one"]}, {"choices": ["x"] * 11}, {"choices": ["a", ""]}]
)
def test_polls_that_are_none(more):
    answer = ANYONE.post("/polls", {"question": "Which?", "choices": ["a", "b"]} | more)
    assert answer.status_code == 422
    assert "detail" in answer.json()


def test_an_unknown_poll():
    for method, path in (("GET", "/polls/none"), ("POST", "/polls/none/close")):
        assert ANYONE.call(method, path).status_code == 404
    assert vote({"id": "none"}).status_code == 404
