"""Whoever follows the list sees everything once."""

import time

import pytest
from boards import ANYONE, board, mark_read, part, post, rest, unread


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_every_notice_once(limit):
    place = board()
    made = [post(place)["id"] for _ in range(7)]
    assert rest(place, part(place, limit=limit), limit) == made[::-1]


def test_over_several_seconds():
    place = board()
    made = []
    for _ in range(3):
        made += [post(place)["id"] for _ in range(3)]
        time.sleep(1.01)
    assert rest(place, part(place, limit=2), 2) == made[::-1]


def test_parts_are_full_and_the_end_is_told():
    place = board()
    made = [post(place)["id"] for _ in range(6)]
    for gone in made[1:3]:
        assert ANYONE.delete(f"{place}/notices/{gone}").status_code == 204
    first = part(place, limit=2)
    assert [notice["id"] for notice in first["notices"]] == [made[5], made[4]]
    second = part(place, limit=2, cursor=first["next"])
    assert [notice["id"] for notice in second["notices"]] == [made[3], made[0]]
    assert second["next"] is None
    assert part(board()) == {"notices": [], "next": None}


def test_what_happens_meanwhile():
    place = board()
    made = [post(place)["id"] for _ in range(6)]
    first = part(place, limit=2)
    post(place, "new")
    for gone in (made[4], made[3], made[1]):
        ANYONE.delete(f"{place}/notices/{gone}")
    assert rest(place, first, 2) == [made[5], made[4], made[2], made[0]]


def test_boards_are_apart():
    one, other = board(), board()
    made = [post(place)["id"] for place in (one, other, one, other)]
    assert rest(one, part(one, limit=1), 1) == [made[2], made[0]]


def test_unread_in_the_same_second():
    place = board()
    post(place)
    assert (unread(place), unread(place, "bob")) == (1, 1)
    mark_read(place)
    assert unread(place) == 0
    post(place)
    post(place)
    assert (unread(place), unread(place, "bob")) == (2, 3)
    mark_read(place)
    assert (unread(place), unread(place, "bob")) == (0, 3)


def test_deleted_notices_are_not_unread():
    place = board()
    post(place)
    mark_read(place)
    made = [post(place)["id"] for _ in range(3)]
    ANYONE.delete(f"{place}/notices/{made[0]}")
    assert unread(place) == 2
    ANYONE.delete(f"{place}/notices/{made[2]}")
    assert (unread(place), unread(place, "bob")) == (1, 2)


def test_marking_an_empty_board():
    place = board()
    mark_read(place)
    post(place)
    assert unread(place) == 1
