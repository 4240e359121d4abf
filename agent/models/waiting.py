"""Blocking calls that a deadline or a cancel may abandon, whatever they hang in."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from agent.errors import ModelUnavailable
from agent.models.retry import PassingFault, why_over
from sandbox.deadline import Deadline

POLL_S = 0.1
"""How late a cancel may be noticed."""
LONGEST_TRY_S = 1200.0
"""A request that runs longer is hung: a slow model's long reply, and a local model's reading of a
long prompt, take some ten minutes."""

T = TypeVar("T")


def call_within(
    deadline: Deadline,
    longest_s: float,
    call: Callable[[], T],
    abandon: Callable[[], None] = lambda: None,
) -> T:
    """The result of `call`, which runs in a daemon thread of its own.

    Args:
        deadline: when to stop waiting for good.
        longest_s: when to stop waiting for this call.
        call: may block in anything, name resolution included.
        abandon: called once when nobody waits any more, to make the thread end early.

    Raises:
        ModelUnavailable: the deadline is over; the thread is left to itself.
        PassingFault: the call took too long; its thread is left to itself.
        Exception: whatever `call` raises.
    """
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except BaseException as exc:  # noqa: BLE001 - carried to the caller's thread
            outcome.set_exception(exc)

    Thread(target=work, name="model-call", daemon=True).start()
    patience = deadline.at_most(longest_s)
    while not patience.over:
        wait([outcome], timeout=min(POLL_S, patience.remaining_s))
        if outcome.done():
            return outcome.result()
    abandon()
    if deadline.over:
        raise ModelUnavailable(why_over(deadline))
    raise PassingFault(f"no answer in {longest_s:.0f} s")
