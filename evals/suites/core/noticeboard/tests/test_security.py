"""Names and cursors are data."""

import pytest
from boards import ANYONE, board, post


@pytest.mark.parametrize("cursor", ["-1", str(2**70), "1 OR 1=1", "x", ""])
def test_odd_cursors(cursor):
    place = board()
    post(place)
    assert ANYONE.get(f"{place}/notices", cursor=cursor).status_code in (200, 422)
    assert ANYONE.get(f"{place}/notices", cursor="1 OR 1=1").status_code == 422


@pytest.mark.parametrize("name", ["UPPER", "a b", "x" * 41, "x'--"])
def test_names_of_boards_and_readers(name):
    assert ANYONE.post(f"/boards/{name}/notices", {"text": "x"}).status_code == 422
    assert ANYONE.get(f"{board()}/unread", reader=name).status_code == 422


def test_no_notice_is_deleted_through_another_board():
    place, other = board(), board()
    made = post(place)
    assert ANYONE.delete(f"{other}/notices/{made['id']}").status_code == 404
    assert ANYONE.delete(f"{place}/notices/{made['id']}").status_code == 204
