"""Trying a model call again: the only place that does."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from agent.errors import ModelUnavailable
from sandbox.deadline import Deadline

T = TypeVar("T")


class PassingFault(Exception):
    """A fault that may be gone the next time: rate limit, overload, network, a broken reply."""

    def __init__(self, text: str, retry_after_s: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s
        """What the server asked us to wait."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently."""

    tries: int = 6
    base_s: float = 2.0
    """The first wait is random in 0..base_s, each further one up to twice as long (full jitter,
    aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter): half a minute in all on
    average, so that a limit per minute has a chance to pass."""
    max_s: float = 60.0


PATIENT = RetryPolicy()
"""What every adapter does unless told otherwise."""


def with_retries(attempt: Callable[[], T], deadline: Deadline, policy: RetryPolicy) -> T:
    """The first result of `attempt`, which raises `PassingFault` to be tried again.

    Raises:
        ModelUnavailable: the tries are used up, the next wait would pass the deadline, or the
            deadline is over.
    """

    def attempt_in_time() -> T:
        if deadline.over:
            raise ModelUnavailable(why_over(deadline))
        return attempt()

    def sleep(seconds: float) -> None:
        deadline.token.wait(seconds)

    jitter = wait_random_exponential(multiplier=policy.base_s, max=policy.max_s)
    retrying = Retrying(
        retry=retry_if_exception_type(PassingFault),
        wait=lambda state: max(jitter(state), _asked_wait_s(state)),
        stop=lambda state: (
            state.attempt_number >= policy.tries or state.upcoming_sleep >= deadline.remaining_s
        ),
        sleep=sleep,
        reraise=True,
    )
    try:
        return retrying(attempt_in_time)
    except PassingFault as fault:
        tries = retrying.statistics["attempt_number"]
        short = "" if tries >= policy.tries else ", and the time left allows no further try"
        text = f"the model did not answer in {tries} of {policy.tries} tries{short}: {fault}"
        raise ModelUnavailable(text) from None


def why_over(deadline: Deadline) -> str:
    """Why nobody waits for the model any more."""
    if deadline.token.cancelled:
        return "cancelled while the model was asked"
    return "the time was up before the model answered"


def _asked_wait_s(state: RetryCallState) -> float:
    fault = state.outcome.exception() if state.outcome else None
    return fault.retry_after_s if isinstance(fault, PassingFault) else 0.0


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds that `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3) ask for; 0 for none."""
    asked = _number(headers.get("retry-after-ms"), 1000)
    if asked is None:
        asked = _number(headers.get("retry-after"), 1)
    if asked is None:
        asked = _seconds_until(headers.get("retry-after"))
    return max(0.0, asked or 0.0)


def _number(text: str | None, unit: int) -> float | None:
    try:
        value = float(text or "") / unit
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _seconds_until(http_date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(http_date or "").timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
