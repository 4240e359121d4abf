"""What was right already."""

import pytest
from api import ok
from boards import ANYONE, board, part, post


def test_a_notice_is_kept():
    place = board()
    made = post(place, "Lost: one glove")
    assert made.keys() == {"id", "board", "text", "posted_at"}
    assert (f"/boards/{made['board']}", made["text"]) == (place, "Lost: one glove")
    assert part(place) == {"notices": [made], "next": None}
    assert ANYONE.delete(f"{place}/notices/{made['id']}").status_code == 204
    assert ANYONE.delete(f"{place}/notices/{made['id']}").status_code == 404
    assert part(place)["notices"] == []


def test_twenty_at_a_time():
    place = board()
    for _ in range(21):
        post(place)
    assert len(part(place)["notices"]) == 20


@pytest.mark.parametrize("limit", [0, 51, "x"])
def test_limits(limit):
    assert ANYONE.get(f"{board()}/notices", limit=limit).status_code == 422


@pytest.mark.parametrize("text", ["", "x" * 501, None])
def test_texts(text):
    assert ANYONE.post(f"{board()}/notices", {"text": text}).status_code == 422
