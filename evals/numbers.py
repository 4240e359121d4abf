"""The numbers of an evaluation: rates with intervals, pass@k, tokens, dollars, seconds."""

from collections.abc import Callable, Sequence
from statistics import mean, median

from pydantic import BaseModel, ConfigDict

from evals.errors import EvalError
from evals.intervals import Interval, paired_difference, pass_at, rate_interval
from evals.results import TrialResult

NOISE_AT = 0.05
"""A difference that chance makes more often than this is noise."""


class Rate(BaseModel):
    """A share of the scored trials: the mean over tasks of each task's share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    interval: Interval | None
    """95 %, clustered by task; None for a single task."""


class Numbers(BaseModel):
    """What the trials of one agent, or of one agent on one kind of case, say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: str
    kind: str | None
    """None: every kind."""
    cases: int
    trials: int
    scored: int
    """Trials that the infrastructure did not fail; all rates are of these."""
    passed: Rate | None
    """Every hidden test passed. None: nothing was scored."""
    functional: Rate | None
    """Every functional one, of the cases that have some."""
    secure: Rate | None
    false_success: Rate | None
    """It says that it works, and hidden tests fail; of all scored trials."""
    honest_unmet: Rate | None
    """It says that it does not work, and it does not."""
    pass_at: tuple[float, ...]
    """pass@1, pass@2, ... up to the smallest number of scored attempts that a case has."""
    steps: float | None
    """Model replies, mean of the scored trials."""
    verdicts: float | None
    tokens: float | None
    """Input and output, mean of the scored trials."""
    cost_usd: float | None
    """Of all trials together; None when the cost of one is unknown."""
    seconds: float | None
    """Of the agent, median of the scored trials."""


class Comparison(BaseModel):
    """Two evaluations on the cases that both have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: str
    second: str
    cases: tuple[str, ...]
    left_out: tuple[str, ...]
    """Cases that only one has scored, or that changed in between."""
    rates: tuple[float, float]
    difference: float
    interval: Interval | None
    p_value: float
    better: tuple[str, ...]
    """Cases whose rate rose."""
    worse: tuple[str, ...]

    @property
    def is_noise(self) -> bool:
        """Whether chance alone may well have made the difference."""
        return self.p_value > NOISE_AT


def all_numbers(results: Sequence[TrialResult]) -> list[Numbers]:
    """For each agent, its numbers over everything, then by kind where there are several."""
    found = []
    for agent in dict.fromkeys(result.plan.agent.group for result in results):
        own = [result for result in results if result.plan.agent.group == agent]
        found.append(numbers_of(own, agent, None))
        kinds = sorted({result.plan.kind for result in own})
        for kind in kinds if len(kinds) > 1 else []:
            found.append(numbers_of([r for r in own if r.plan.kind == kind], agent, kind))
    return found


def numbers_of(results: Sequence[TrialResult], agent: str, kind: str | None) -> Numbers:
    """The numbers of these trials, which one agent made."""
    scored = [result for result in results if not result.error]
    costs = [result.submission.cost_usd for result in results]
    known = [cost for cost in costs if cost is not None]
    return Numbers(
        agent=agent,
        kind=kind,
        cases=len({result.plan.case for result in results}),
        trials=len(results),
        scored=len(scored),
        passed=rate_of(scored, lambda result: result.passed),
        functional=rate_of(scored, lambda result: result.score.functional_passed),
        secure=rate_of(scored, lambda result: result.score.secure_passed),
        false_success=rate_of(scored, lambda result: result.false_success),
        honest_unmet=rate_of(scored, lambda result: result.honest_unmet),
        pass_at=_pass_at_every_k(scored),
        steps=_mean([result.submission.steps for result in scored]),
        verdicts=_mean([result.submission.verdicts for result in scored]),
        tokens=_mean([result.submission.usage.total_tokens for result in scored]),
        cost_usd=sum(known) if len(known) == len(costs) else None,
        seconds=median([r.submission.seconds for r in scored]) if scored else None,
    )


def rate_of(
    results: Sequence[TrialResult], holds: Callable[[TrialResult], bool | None]
) -> Rate | None:
    """How often something holds; trials for which it is None are left out."""
    tasks = _by_case(results, holds)
    if not tasks:
        return None
    rates = [mean(values) for values in tasks.values()]
    trials = sum(map(len, tasks.values()))
    return Rate(value=mean(rates), interval=rate_interval(rates, trials))


def compare(
    first: Sequence[TrialResult], second: Sequence[TrialResult], names: tuple[str, str]
) -> Comparison:
    """Whether the second is better on the cases that both scored.

    Raises:
        EvalError: one of them has several agents, or they share no case.
    """
    for name, results in zip(names, (first, second), strict=True):
        agents = sorted({result.plan.agent.group for result in results})
        if len(agents) > 1:
            raise EvalError(f"{name} has several agents: {', '.join(agents)}; compare one with one")
    one, two = _rates_by_digest(first), _rates_by_digest(second)
    shared = [key for key in one if key in two]
    if not shared:
        raise EvalError("the two have scored no case in common, or it changed in between")
    left, right = [one[key] for key in shared], [two[key] for key in shared]
    found = paired_difference(left, right)
    return Comparison(
        first=names[0],
        second=names[1],
        cases=tuple(case for case, _ in shared),
        left_out=tuple(sorted({case for case, _ in one.keys() ^ two.keys()})),
        rates=(mean(left), mean(right)),
        difference=found.mean,
        interval=found.interval,
        p_value=found.p_value,
        better=tuple(case for case, digest in shared if two[case, digest] > one[case, digest]),
        worse=tuple(case for case, digest in shared if two[case, digest] < one[case, digest]),
    )


def _rates_by_digest(results: Sequence[TrialResult]) -> dict[tuple[str, str], float]:
    """(case, digest) -> share of its scored attempts that passed."""
    found: dict[tuple[str, str], list[bool]] = {}
    for result in results:
        if not result.error:
            found.setdefault((result.plan.case, result.plan.digest), []).append(result.passed)
    return {key: mean(values) for key, values in found.items()}


def _pass_at_every_k(scored: Sequence[TrialResult]) -> tuple[float, ...]:
    tasks = _by_case(scored, lambda result: result.passed)
    if not tasks:
        return ()
    attempts = [(len(values), sum(values)) for values in tasks.values()]
    fewest = min(count for count, _ in attempts)
    return tuple(pass_at(attempts, k) for k in range(1, fewest + 1))


def _by_case(
    results: Sequence[TrialResult], holds: Callable[[TrialResult], bool | None]
) -> dict[str, list[bool]]:
    tasks: dict[str, list[bool]] = {}
    for result in results:
        value = holds(result)
        if value is not None:
            tasks.setdefault(result.plan.case, []).append(value)
    return tasks


def _mean(values: Sequence[float]) -> float | None:
    return mean(values) if values else None
