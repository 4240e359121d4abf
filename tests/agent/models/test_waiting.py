"""Calls that may be abandoned."""

import threading
import time

import pytest

from agent.errors import ModelUnavailable
from agent.models.retry import PassingFault
from agent.models.waiting import call_within
from sandbox.deadline import CancelToken, Deadline


def test_gives_the_result() -> None:
    assert call_within(Deadline(), 5, lambda: 42) == 42


def test_raises_what_the_call_raises() -> None:
    def broken() -> int:
        raise TimeoutError("the call's own")

    with pytest.raises(TimeoutError, match="the call's own"):
        call_within(Deadline(), 5, broken)


@pytest.mark.parametrize(
    ("left_s", "longest_s", "kind"), [(0.2, 5, ModelUnavailable), (9, 0.2, PassingFault)]
)
def test_abandons_what_takes_too_long(
    left_s: float, longest_s: float, kind: type[Exception]
) -> None:
    blocked = threading.Event()
    with pytest.raises(kind):
        call_within(Deadline.after(left_s), longest_s, blocked.wait, blocked.set)
    assert blocked.is_set()


def test_notices_a_cancel_soon() -> None:
    token = CancelToken()
    blocked = threading.Event()
    timer = threading.Timer(0.2, token.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="cancelled"):
        call_within(Deadline(token=token), 60, blocked.wait, blocked.set)
    assert time.monotonic() - started < 0.5
    timer.join()
