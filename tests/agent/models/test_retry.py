"""Tries, waits and the deadline, without a network."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from agent.errors import ModelRejected, ModelUnavailable
from agent.models.retry import PATIENT, PassingFault, RetryPolicy, retry_after_s, with_retries
from sandbox.deadline import CancelToken, Deadline


class Sleepless(CancelToken):
    """Notes how long it was asked to wait, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.cancelled


class Failing:
    """Fails that many times, then answers with the number of its call."""

    def __init__(self, times: int, fault: Exception) -> None:
        self.times = times
        self.fault = fault
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.fault
        return self.calls


@pytest.mark.parametrize("times", range(6))
def test_up_to_five_faults_pass(times: int) -> None:
    token = Sleepless()
    attempt = Failing(times, PassingFault("busy"))
    assert with_retries(attempt, Deadline(token=token), PATIENT) == times + 1
    assert len(token.waits) == times


def test_the_sixth_fault_is_final() -> None:
    attempt = Failing(9, PassingFault("busy"))
    with pytest.raises(ModelUnavailable) as caught:
        with_retries(attempt, Deadline(token=Sleepless()), PATIENT)
    assert str(caught.value) == "the model did not answer in 6 of 6 tries: busy"
    assert attempt.calls == 6


def test_other_errors_are_final() -> None:
    attempt = Failing(9, ModelRejected("no such model"))
    with pytest.raises(ModelRejected, match="no such model"):
        with_retries(attempt, Deadline(token=Sleepless()), PATIENT)
    assert attempt.calls == 1


def test_waits_are_random_under_a_doubling_roof() -> None:
    seen = []
    for _ in range(200):
        token = Sleepless()
        with_retries(Failing(5, PassingFault("x")), Deadline(token=token), PATIENT)
        seen.append(token.waits)
    for place, roof in enumerate([2, 4, 8, 16, 32]):
        waits = [waits[place] for waits in seen]
        assert 0 <= min(waits) < roof * 0.25
        assert roof * 0.75 < max(waits) <= roof


def test_no_wait_is_longer_than_the_most() -> None:
    token = Sleepless()
    policy = RetryPolicy(tries=30, base_s=2, max_s=5)
    with_retries(Failing(29, PassingFault("x")), Deadline(token=token), policy)
    assert max(token.waits) <= 5


def test_waits_at_least_as_long_as_asked() -> None:
    token = Sleepless()
    with_retries(Failing(1, PassingFault("x", 90)), Deadline(token=token), PATIENT)
    assert token.waits == [90]


def test_a_wait_past_the_deadline_is_not_begun() -> None:
    token = Sleepless()
    with pytest.raises(ModelUnavailable) as caught:
        with_retries(Failing(9, PassingFault("x", 90)), Deadline.after(60, token), PATIENT)
    assert str(caught.value) == (
        "the model did not answer in 1 of 6 tries, and the time left allows no further try: x"
    )
    assert token.waits == []


def test_a_cancel_between_tries_ends_them() -> None:
    token = Sleepless()
    attempt = Failing(9, PassingFault("x"))

    def cancelling() -> int:
        token.cancel()
        return attempt()

    with pytest.raises(ModelUnavailable, match="cancelled"):
        with_retries(cancelling, Deadline(token=token), PATIENT)
    assert attempt.calls == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "inf"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float) -> None:
    assert retry_after_s(headers) == seconds


def test_retry_after_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=100)
    asked = retry_after_s({"retry-after": format_datetime(later, usegmt=True)})
    assert 98 < asked <= 100
