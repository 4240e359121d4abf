import math
import threading
import time

import pytest

from sandbox.deadline import CancelToken, Deadline


def test_a_deadline_without_an_end_is_never_over() -> None:
    deadline = Deadline()
    assert deadline.remaining_s == math.inf
    assert not deadline.over


def test_time_left_shrinks_and_never_gets_negative() -> None:
    assert 9.9 < Deadline.after(10).remaining_s <= 10
    past = Deadline.after(-5)
    assert past.remaining_s == 0
    assert past.over


@pytest.mark.parametrize(("seconds", "expected"), [(5, 5), (60, 10)])
def test_at_most_takes_the_earlier_end_and_keeps_the_token(seconds: float, expected: float) -> None:
    token = CancelToken()
    shorter = Deadline.after(10, token).at_most(seconds)
    assert shorter.remaining_s == pytest.approx(expected, abs=0.1)
    assert shorter.token is token


def test_a_cancel_ends_every_deadline_of_its_token() -> None:
    token = CancelToken()
    deadlines = [Deadline(token=token), Deadline.after(60, token).at_most(30)]
    assert not any(deadline.over for deadline in deadlines)
    token.cancel()
    assert token.cancelled
    assert all(deadline.over for deadline in deadlines)


def test_two_deadlines_do_not_share_a_token_by_accident() -> None:
    first, second = Deadline.after(60), Deadline.after(60)
    first.token.cancel()
    assert not second.over


def test_waiting_ends_with_the_cancel() -> None:
    token = CancelToken()
    assert token.wait(0.01) is False
    threading.Timer(0.05, token.cancel).start()
    started = time.monotonic()
    assert token.wait(10) is True
    assert time.monotonic() - started < 5
