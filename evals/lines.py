"""What a terminal shows of an evaluation."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from evals.numbers import Comparison, Numbers, Rate
from evals.results import TrialResult
from evals.runner import Progress

NOISE = "no more than noise: chance alone may make that on so few cases"
WIDTH = 140
COLUMNS = (
    *("kind", "cases", "scored", "passed, 95 %", "functional", "secure", "false success"),
    *("honest unmet", "pass@1, 2 ...", "steps", "tokens", "USD", "seconds"),
)


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


def describe_numbers(rows: Sequence[Numbers]) -> list[str]:
    """A table, one row for each agent and kind."""
    table = Table(box=None, pad_edge=False)
    table.add_column("agent", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name)
    for row in rows:
        table.add_row(*_cells(row))
    console = Console(width=WIDTH, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def describe_comparison(found: Comparison) -> list[str]:
    """A few sentences: what changed, and whether that is more than noise."""
    one, two = found.rates
    interval = found.interval
    between = f", 95 % {interval.low * 100:+.0f} to {interval.high * 100:+.0f}" if interval else ""
    lines = [
        f"{found.first}: {one:.0%}; {found.second}: {two:.0%} of {len(found.cases)} cases",
        f"difference {found.difference * 100:+.0f} points{between}, p = {found.p_value:.3f}: "
        + (NOISE if found.is_noise else "more than noise"),
    ]
    named = {"better": found.better, "worse": found.worse, "left out": found.left_out}
    return lines + [f"{word}: {', '.join(cases)}" for word, cases in named.items() if cases]


def percent(rate: Rate | None, *, with_interval: bool = False) -> str:
    """`67 %`, or `67 % (9-99)`; `-` when there is none."""
    if rate is None:
        return "-"
    text = f"{rate.value:.0%}".replace("%", " %")
    if not with_interval or rate.interval is None:
        return text
    return f"{text} ({rate.interval.low * 100:.0f}-{rate.interval.high * 100:.0f})"


def _cells(row: Numbers) -> list[str]:
    return [
        row.agent,
        row.kind or "all",
        str(row.cases),
        f"{row.scored}/{row.trials}",
        percent(row.passed, with_interval=True),
        percent(row.functional),
        percent(row.secure),
        percent(row.false_success),
        percent(row.honest_unmet),
        " ".join(f"{chance:.2f}" for chance in row.pass_at) or "-",
        number(row.steps),
        number(row.tokens),
        "unknown" if row.cost_usd is None else f"{row.cost_usd:.2f}",
        number(row.seconds),
    ]


def number(value: float | None) -> str:
    """Rounded to a whole number from 10 on; `-` when there is none."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
