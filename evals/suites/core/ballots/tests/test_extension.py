"""Invited voters and hidden results."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from api import ok
from polls import close, keeper, poll, tokens, vote, votes


def test_flags_are_shown():
    for flags in ({"invited_only": True, "hidden": False}, {"invited_only": False, "hidden": True}):
        made = poll(**flags)
        assert {key: made[key] for key in flags} == flags
    assert (poll()["invited_only"], poll()["hidden"]) == (False, False)


def test_a_token_votes_once():
    made = poll(invited_only=True)
    first, second = tokens(made, 2)
    assert ok(vote(made, 1, token=first), 201) == {"choice": 1}
    assert vote(made, 1, token=first).status_code == 409
    ok(vote(made, 3, token=second), 201)
    assert votes(made) == [1, 0, 1]


def test_a_refused_vote_leaves_the_token():
    made = poll(invited_only=True)
    (token,) = tokens(made)
    assert vote(made, 9, token=token).status_code == 422
    ok(vote(made, 1, token=token), 201)
    (token,) = tokens(made)
    ok(close(made), 200)
    assert vote(made, 1, token=token).status_code == 409
    turnout = ok(keeper(made).get(f"/polls/{made['id']}/turnout"), 200)
    assert turnout == {"tokens": 2, "used": 1}


def test_a_token_at_once():
    made = poll(invited_only=True)
    (token,) = tokens(made)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: vote(made, 2, token=token).status_code, range(6)))
    assert sorted(answers) == [201] + [409] * 5
    assert votes(made) == [0, 1, 0]


def test_tokens_where_there_are_none():
    made = poll()
    path = f"/polls/{made['id']}/tokens"
    assert keeper(made).post(path, {"count": 1}).status_code == 409
    made = poll(invited_only=True)
    path = f"/polls/{made['id']}/tokens"
    for count in (0, 101, "some", None):
        assert keeper(made).post(path, {"count": count}).status_code == 422
    ok(close(made), 200)
    assert keeper(made).post(path, {"count": 1}).status_code == 409


def test_many_tokens():
    made = poll(invited_only=True)
    found = tokens(made, 100) + tokens(made, 100)
    assert len(set(found)) == 200
    assert min(len(token) for token in found) >= 20


def test_hidden_until_closed():
    made = poll(hidden=True)
    assert [choice["votes"] for choice in made["choices"]] in ([None] * 3, [0, 0, 0])
    ok(vote(made, 2), 201)
    assert votes(made) == [None, None, None]
    assert votes(made, keeper(made)) == [0, 1, 0]
    assert votes(made, keeper(made, "wrong")) == [None, None, None]
    ok(close(made), 200)
    assert votes(made) == [0, 1, 0]


@pytest.mark.parametrize("flag", ["hidden", "invited_only"])
def test_flags_are_true_or_false(flag):
    from polls import ANYONE

    body = {"question": "Which?", "choices": ["a", "b"], flag: "perhaps"}
    assert ANYONE.post("/polls", body).status_code == 422
