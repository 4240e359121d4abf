"""Statistics of pass rates, by scipy: intervals that know tasks, pass@k, paired differences.

Attempts at one task are alike, so tasks, not attempts, are what an interval counts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 9999
"""Sign flips of a paired test; all of them are tried where there are no more than these."""


class Interval(NamedTuple):
    """A confidence interval at `CONFIDENCE`."""

    low: float
    high: float


class Difference(NamedTuple):
    """How much more B has than A on the same tasks."""

    mean: float
    interval: Interval | None
    """Student's, over tasks; None: fewer than two tasks, or no spread between them."""
    p_value: float
    """Of the sign-flip permutation test: how often chance alone makes so large a difference."""


def rate_interval(task_rates: Sequence[float], trials: int) -> Interval | None:
    """Confidence interval of the mean rate over tasks, clustered by task.

    Korn and Graubard (1998): Clopper and Pearson's interval for as many independent trials as tell
    as much as these do. It stays within 0..1, and is honest where every task passes or fails: then
    each task counts once.

    Args:
        task_rates: share of passed attempts, one number a task.
        trials: attempts in all.

    Returns:
        None for fewer than two tasks.
    """
    tasks = len(task_rates)
    if tasks < 2:
        return None
    rate = sum(task_rates) / tasks
    variance = float(stats.sem(task_rates)) ** 2
    count = rate * (1 - rate) / variance if variance else float(tasks)
    if trials > tasks:
        by_trial, by_task = (stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) for n in (trials, tasks))
        count *= float(by_trial / by_task) ** 2 if variance else 1.0
    count = min(count, trials)
    passed, tail = rate * count, (1 - CONFIDENCE) / 2
    low = stats.beta.ppf(tail, passed, count - passed + 1) if passed > 0 else 0.0
    high = stats.beta.ppf(1 - tail, passed + 1, count - passed) if passed < count else 1.0
    return Interval(float(low), float(high))


def pass_at(attempts: Sequence[tuple[int, int]], k: int) -> float:
    """Chance that at least one of k attempts passes; unbiased (Chen et al. 2021), mean over tasks.

    Args:
        attempts: (attempts, passed ones) of each task; every task has k attempts at least.
        k: how many are drawn.
    """
    chances = [float(stats.hypergeom.sf(0, n, passed, k)) for n, passed in attempts]
    return sum(chances) / len(chances)


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Second minus first, task by task; both have one number for each task, in the same order."""
    changes = [b - a for a, b in zip(first, second, strict=True)]
    mean = sum(changes) / len(changes)
    if len(changes) < 2:
        return Difference(mean, None, 1.0)
    test = stats.permutation_test(
        (changes,), _mean, permutation_type="samples", n_resamples=RESAMPLES, rng=0
    )
    if len(set(changes)) == 1:
        return Difference(mean, None, float(test.pvalue))
    found = stats.ttest_1samp(changes, 0).confidence_interval(CONFIDENCE)
    return Difference(mean, Interval(float(found.low), float(found.high)), float(test.pvalue))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
