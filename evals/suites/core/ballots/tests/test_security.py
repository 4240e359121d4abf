"""Who may vote, and who may see."""

import pytest
from api import ok
from polls import ANYONE, keeper, poll, tokens, vote, votes


@pytest.mark.parametrize("token", [None, "", "nonsense", "' OR '1'='1"])
def test_nobody_votes_uninvited(token):
    made = poll(invited_only=True)
    tokens(made)
    assert vote(made, 1, token=token).status_code == 403
    assert vote(made, 1).status_code == 403
    assert votes(made) == [0, 0, 0]


def test_a_token_is_of_one_poll():
    one, other = poll(invited_only=True), poll(invited_only=True)
    (token,) = tokens(one)
    tokens(other)
    assert vote(other, 1, token=token).status_code == 403
    ok(vote(one, 1, token=token), 201)


def test_the_secret_is_of_one_poll():
    made, other = poll(invited_only=True, hidden=True), poll(invited_only=True)
    for who in (ANYONE, keeper(other)):
        path = f"/polls/{made['id']}"
        assert who.post(f"{path}/tokens", {"count": 1}).status_code == 403
        assert who.get(f"{path}/turnout").status_code == 403
        assert who.post(f"{path}/close").status_code == 403
        assert votes(made, who) == [None, None, None]


def test_nothing_tells_tokens_or_the_secret():
    made = poll(invited_only=True)
    (token,) = tokens(made)
    ok(vote(made, 1, token=token), 201)
    for who in (ANYONE, keeper(made)):
        text = who.get(f"/polls/{made['id']}").text + who.get(f"/polls/{made['id']}/turnout").text
        assert token not in text
        assert made["secret"] not in text
        assert "hash" not in text
