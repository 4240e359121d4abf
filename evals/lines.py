"""What a terminal shows of an evaluation."""

from collections.abc import Sequence

from evals.results import TrialResult
from evals.runner import Progress


def describe_progress(progress: Progress, result: TrialResult) -> str:
    """One line for a result that has just come."""
    passed = sum(item.passed for item in progress.finished)
    left = progress.left_s
    eta = f", about {left:.0f} s left" if left else ""
    return (
        f"[{len(progress.finished)}/{progress.total}] {describe_trial(result)} "
        f"({passed} passed, ${progress.cost_usd:.2f}{eta})"
    )


def describe_trial(result: TrialResult) -> str:
    """Who did what, and how good it is."""
    plan, score = result.plan, result.score
    name = f"{plan.case} #{plan.attempt} {plan.agent.label}"
    if result.error:
        return f"{name}: not scored: {result.error.strip().splitlines()[-1]}"
    total = len(score.tests.tests)
    word = "passed" if result.passed else "FALSE SUCCESS" if result.false_success else "failed"
    return (
        f"{name}: {word}, {score.tests.passed} of {total} hidden tests, {result.submission.status}"
    )


def describe_results(results: Sequence[TrialResult]) -> list[str]:
    """The lines of the whole evaluation."""
    scored = [result for result in results if not result.error]
    passed = sum(result.passed for result in scored)
    return [
        f"{passed} of {len(scored)} passed; "
        f"{sum(result.false_success for result in scored)} false successes; "
        f"{len(results) - len(scored)} not scored"
    ]
