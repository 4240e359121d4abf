"""Runs the tests that a fresh call wrote from the spec, and names what each one shows.

That they fail on a server that has nothing was shown before they were fixed.
"""

from agent.examiner.suite import ExamSuite, ExamTest
from agent.verifier.candidate import Candidate
from agent.verifier.inventory import without_parameters
from agent.verifier.user_tests import run_user_tests
from agent.verifier.verdict import CheckResult, TestOutcome, TestReport

NAME = "independent_tests"
TEST_S = 60
"""Seconds that one test may take."""


def run_independent_tests(candidate: Candidate, suite: ExamSuite) -> tuple[CheckResult, TestReport]:
    """Whether all pass; the outcomes name the requirements that they cite.

    Raises:
        SandboxError: a machine failed.
    """
    if not suite.tests:
        return _none(suite), TestReport()
    check, report = run_user_tests(candidate, suite.files, test_timeout_s=TEST_S)
    known = {f"{suite.module(test.module).path}::{test.function}": test for test in suite.tests}
    named = [_named(known, outcome) for outcome in report.tests]
    outcomes = TestReport.of(tuple(outcome for outcome in named if outcome))
    detail = check.detail if report.tests else "the independent tests did not run"
    if suite.dropped:
        detail += f"; {len(suite.dropped)} were dropped before they counted"
    return check.model_copy(update={"name": NAME, "detail": detail}), outcomes


def _none(suite: ExamSuite) -> CheckResult:
    why = suite.skipped or "none of the tests that were written can count"
    detail = f"there are no independent tests: {why}"
    return CheckResult(name=NAME, status="not_applicable", detail=detail)


def _named(known: dict[str, ExamTest], outcome: TestOutcome) -> TestOutcome | None:
    """`user: test_shows.py::test_x[1]` as `independent[shows] test_x[1]`, with what it shows."""
    name = outcome.id.removeprefix("user: ")
    test = known.get(without_parameters(name))
    if test is None:
        return None  # a finding already
    parameters = name.partition("[")[1] + name.partition("[")[2]
    changes = {"id": f"{test.id}{parameters}", "requirements": test.requirements}
    return outcome.model_copy(update=changes)
