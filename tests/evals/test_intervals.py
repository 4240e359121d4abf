"""Statistics against known values, and against their own promise in a simulation."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy import stats

from evals.intervals import Interval, paired_difference, pass_at, rate_interval


def test_one_attempt_a_task_is_hardly_wider_than_independent_trials() -> None:
    exact = stats.binomtest(9, 10).proportion_ci(method="exact")
    found = rate_interval([1.0] * 9 + [0.0], 10)
    assert found is not None
    assert exact.low - 0.05 < found.low < exact.low
    assert exact.high < found.high + 0.001 < exact.high + 0.01


def test_all_passed_is_not_certainty() -> None:
    # Clopper and Pearson: (alpha / 2) ** (1 / n) for n of n.
    assert rate_interval([1.0, 1.0, 1.0], 3) == pytest.approx((0.025 ** (1 / 3), 1.0))
    assert rate_interval([1.0, 1.0, 1.0], 30) == pytest.approx((0.025 ** (1 / 3), 1.0))
    assert rate_interval([0.0, 0.0], 2) == pytest.approx((0.0, 1 - 0.025 ** (1 / 2)))


def test_one_task_says_nothing_about_others() -> None:
    assert rate_interval([1.0], 5) is None


def test_more_attempts_at_the_same_tasks_do_not_make_sure() -> None:
    few = rate_interval([1.0, 0.0, 1.0, 0.0], 4)
    many = rate_interval([1.0, 0.0, 1.0, 0.0], 400)
    assert few is not None
    assert many is not None
    assert many.high - many.low > 0.5 * (few.high - few.low)


def test_the_interval_keeps_its_promise() -> None:
    """Tasks of different difficulty, five attempts each: the true mean is inside in 95 %."""
    random = np.random.default_rng(1)
    inside = 0
    for _ in range(300):
        chances = random.beta(1.2, 0.8, size=24)
        rates = random.binomial(5, chances) / 5
        found = rate_interval(list(rates), 24 * 5)
        assert found is not None
        inside += found.low <= 1.2 / 2.0 <= found.high
    assert inside / 300 >= 0.93


@pytest.mark.parametrize(("n", "passed"), [(1, 0), (1, 1), (4, 0), (4, 1), (4, 3), (4, 4), (7, 2)])
def test_pass_at_k_is_the_share_of_draws_with_a_pass(n: int, passed: int) -> None:
    attempts = [True] * passed + [False] * (n - passed)
    for k in range(1, n + 1):
        draws = [any(draw) for draw in combinations(attempts, k)]
        assert len(draws) == comb(n, k)
        assert pass_at([(n, passed)], k) == pytest.approx(sum(draws) / len(draws))


def test_pass_at_k_is_a_mean_over_tasks() -> None:
    assert pass_at([(4, 4), (4, 0)], 2) == pytest.approx(0.5)


def test_a_large_difference_on_many_tasks() -> None:
    found = paired_difference([0.0] * 10 + [1.0] * 2, [1.0] * 10 + [1.0] * 2)
    assert found.mean == pytest.approx(10 / 12)
    assert found.p_value == pytest.approx(2 / 2**10, rel=0.5)
    assert isinstance(found.interval, Interval)
    assert found.interval.low > 0.5


def test_one_task_more_of_three_is_noise() -> None:
    found = paired_difference([0.0, 1.0, 1.0], [1.0, 1.0, 1.0])
    assert found.p_value == 1.0
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high


def test_no_difference() -> None:
    found = paired_difference([1.0, 0.0, 1.0], [1.0, 0.0, 1.0])
    assert (found.mean, found.interval, found.p_value) == (0.0, None, 1.0)


def test_one_task_is_never_evidence() -> None:
    assert paired_difference([0.0], [1.0]) == (1.0, None, 1.0)
