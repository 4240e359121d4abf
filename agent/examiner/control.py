"""What the examiner's tests do on a server that has nothing: each must run there, and fail."""

from collections.abc import Sequence

from agent.examiner.suite import ExamSuite, ExamTest
from agent.verifier.inventory import without_parameters
from agent.verifier.verdict import TestOutcome, TestReport

NOT_COLLECTED = "pytest does not run it"
SAID_CHARS = 600


def control_problems(suite: ExamSuite, report: TestReport) -> dict[str, str]:
    """Test id -> why it proves nothing, as its run on the empty server shows."""
    outcomes: dict[str, list[TestOutcome]] = {}
    for outcome in report.tests:
        known = without_parameters(outcome.id.removeprefix("user: "))
        outcomes.setdefault(known, []).append(outcome)
    found = {test.id: _problem(suite, test, outcomes) for test in suite.tests}
    return {name: problem for name, problem in found.items() if problem}


def _problem(suite: ExamSuite, test: ExamTest, outcomes: dict[str, list[TestOutcome]]) -> str:
    path = suite.module(test.module).path
    seen = outcomes.get(f"{path}::{test.function}", [])
    if not seen:
        broken = _said(outcomes.get(path, []))
        return f"{NOT_COLLECTED}{': ' if broken else ''}{broken}"
    if any(outcome.outcome == "passed" for outcome in seen):
        return "it passes on a server that answers every request with 404: show first what works"
    if any(outcome.outcome == "skipped" for outcome in seen):
        return "it is skipped"
    lacking = [one.message for one in seen if "fixture '" in one.message]
    return _naming_line(lacking[0]) if lacking else ""


def _said(outcomes: Sequence[TestOutcome]) -> str:
    return outcomes[0].message[-SAID_CHARS:].strip() if outcomes else ""


def _naming_line(message: str) -> str:
    return next(
        line.removeprefix("E").strip() for line in message.split("\n") if "fixture '" in line
    )
