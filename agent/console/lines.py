"""Events as readable log lines: one for each thing that happened, none for what is only a stage."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.console.calls import asks_for_verdict, describe_call
from agent.console.progress import Progress
from agent.console.text import count_text, one_line, seconds_text
from agent.events import (
    BlueprintFrozen,
    Committed,
    Compacted,
    Event,
    ExaminerReplied,
    ModelReplied,
    Nudged,
    RunResumed,
    RunStarted,
    TestDisputed,
    TestsFixed,
    ToolCalled,
    ToolReturned,
    VerdictReached,
)
from agent.task import Budget
from agent.verifier.verdict import CheckResult, Verdict
from tools.base import TestCounts
from tools.excerpt import count_of
from tools.sanitize import clean_text

Mark = Literal["good", "bad", "warn", "info", "more"]
"""How a line ended; `more` continues the line above."""

NUDGES = {
    "no_call": "the reply held no tool call",
    "cut_off": "the reply was cut off by its length",
    "filtered": "the provider filtered the reply",
    "repeating": "it goes in circles",
}


@dataclass(frozen=True)
class Line:
    """One line for a person. Foreign text in it cannot steer a terminal."""

    mark: Mark
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clean_text(self.text).replace("\n", " "))


def event_lines(event: Event, progress: Progress) -> Iterator[Line]:
    """The lines that an event leaves in the log; none for the end, which the summary tells.

    Args:
        event: what happened.
        progress: the run's progress with this event already applied.
    """
    match event:
        case ModelReplied() if event.text.strip():
            yield Line("info", f"step {event.step}: {one_line(event.text, 110)}")
        case ToolCalled() if asks_for_verdict(progress.call(event.call_id, event.name)):
            yield Line("info", "verifying in fresh sandboxes ...")
        case ToolReturned():
            yield _returned(event, progress)
        case Nudged():
            yield Line("warn", f"step {progress.step}: {NUDGES[event.problem]}; asked again")
        case _:
            yield from _milestone(event)


def verdict_lines(verdict: Verdict) -> Iterator[Line]:
    """The verdict, its checks, and what each one that failed found first."""
    passed = sum(check.ok for check in verdict.checks)
    word = "passed" if verdict.passed else "not passed"
    took = seconds_text(verdict.seconds)
    mark: Mark = "good" if verdict.passed else "bad"
    yield Line(mark, f"verdict: {word}, {passed} of {len(verdict.checks)} checks ({took})")
    for check in verdict.checks:
        yield from _check_lines(check)


def budget_text(budget: Budget) -> str:
    """`100 steps, 2.0M tokens, 120 min`; a limit that is off is left out."""
    parts = [count_of(budget.max_steps, "step")]
    if budget.max_tokens is not None:
        parts.append(f"{count_text(budget.max_tokens)} tokens")
    if budget.max_cost_usd is not None:
        parts.append(f"${budget.max_cost_usd:.2f}")
    if budget.max_minutes is not None:
        parts.append(f"{budget.max_minutes:g} min")
    return ", ".join(parts)


def tests_text(tests: TestCounts) -> str:
    """`12 passed, 1 failed`."""
    parts = [f"{tests.passed} passed"]
    if tests.failed:
        parts.append(f"{tests.failed} failed")
    if tests.skipped:
        parts.append(f"{tests.skipped} skipped")
    return ", ".join(parts)


def _milestone(event: Event) -> Iterator[Line]:
    match event:
        case RunStarted():
            yield Line("info", f"run {event.run_id}, model {one_line(event.model, 60)}")
            yield Line("more", f"limits: {budget_text(event.task.budget or Budget())}")
        case RunResumed():
            yield Line("info", f"resumed; limits: {budget_text(event.budget)}")
        case Compacted():
            sizes = f"{count_text(event.tokens_before)} to {count_text(event.tokens_after)}"
            yield Line("info", f"conversation shortened from {sizes} tokens")
        case BlueprintFrozen():
            yield Line("good", f"blueprint frozen ({event.sha256[:12]})")
        case ExaminerReplied() | TestsFixed() | TestDisputed():
            yield _exam_line(event)
        case VerdictReached():
            yield from verdict_lines(event.verdict)
        case Committed():
            yield Line("good", f"committed {event.commit[:12]} on branch {event.branch}")
        case _:
            pass


def _exam_line(event: ExaminerReplied | TestsFixed | TestDisputed) -> Line:
    match event:
        case ExaminerReplied():
            out = count_text(event.usage.output_tokens)
            return Line("info", f"a fresh call wrote independent tests ({out} tokens)")
        case TestsFixed(suite=suite) if suite.tests:
            dropped = f"; {len(suite.dropped)} dropped" if suite.dropped else ""
            return Line("good", f"{count_of(len(suite.tests), 'independent test')} fixed{dropped}")
        case TestsFixed(suite=suite):
            why = suite.skipped or "none that was written can count"
            return Line("warn", f"no independent tests: {one_line(why, 110)}")
        case _:
            ruled = f"{event.test} {event.ruling}: {one_line(event.why, 110)}"
            return Line("warn" if event.ruling == "withdrawn" else "info", ruled)


def _returned(event: ToolReturned, progress: Progress) -> Line:
    call = describe_call(progress.call(event.call_id, event.name))
    tests = f", {tests_text(event.tests)}" if event.tests else ""
    text = f"step {progress.step}: {call} ({seconds_text(event.seconds)}{tests})"
    if event.ok:
        return Line("good", text)
    return Line("bad", f"{text}: {one_line(event.text, 90)}")


def _check_lines(check: CheckResult) -> Iterator[Line]:
    status = check.status.replace("_", " ")
    yield Line("more", f"{status:>14}  {check.name}: {one_line(check.detail, 100)}".rstrip(": "))
    if not check.ok:
        for finding in check.findings[:3]:
            yield Line("more", f"{'':>14}  - {one_line(finding, 100)}")
        if len(check.findings) > 3:
            yield Line("more", f"{'':>14}  ... and {len(check.findings) - 3} more")
