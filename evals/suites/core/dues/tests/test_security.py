"""No answer costs the backend its life."""

import pytest
from club import ANYONE, dues, member, next_due


def test_far_away_days():
    made = member("1990-01-31")
    assert len(dues(made, "2199-12-31")) == 210 * 12
    assert next_due(made, "2199-12-31") == "2200-01-31"


@pytest.mark.parametrize("day", ["9999-12-31", "2200-01-01", "0001-01-01", "x' OR 1=1", "2026-13-01", ""])
def test_days_out_of_bounds(day):
    made = member("2026-01-31")
    assert ANYONE.get(f"/members/{made['id']}/dues", until=day).status_code == 422
    assert ANYONE.get(f"/members/{made['id']}/next", after=day).status_code == 422
    assert ANYONE.post(f"/members/{made['id']}/payments", {"due": day}).status_code == 422


def test_odd_ids():
    for member_id in (0, -1, 2**70, "x"):
        assert ANYONE.get(f"/members/{member_id}").status_code in (404, 422)
