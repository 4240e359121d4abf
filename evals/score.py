"""What hidden tests say about a backend, in fresh sandboxes that no agent ever touched."""

from collections.abc import Mapping, Sequence

from agent.verifier.app_run import StageFailed, Trial
from agent.verifier.candidate import Candidate
from agent.verifier.inventory import without_parameters
from agent.verifier.user_tests import REPORT, run_pytest
from agent.verifier.verdict import Statement, TestOutcome, TestReport
from evals.case import Case
from sandbox.base import Sandbox, SandboxError, SandboxProvider
from sandbox.deadline import Deadline
from tools.junit import Case as ReportedCase
from tools.junit import ReportError, parse_junit, shorten_traceback

SECURITY = "security"
"""Tests of files with this in their name are the security tests."""


class Score(Statement):
    """How good a backend is."""

    value: float | None
    """Share of the hidden tests that passed, 0..1; None: the machines failed, so nobody knows."""
    passed: bool = False
    """Every hidden test passed."""
    functional_passed: bool | None = None
    """Every one that is not about security; None: there are none, or nobody knows."""
    secure_passed: bool | None = None
    """Every one about security; None: likewise."""
    reason: str = ""
    """Why the tests did not run; empty when they did."""
    tests: TestReport = TestReport()


def score_backend(
    case: Case, files: Mapping[str, bytes], provider: SandboxProvider, run_id: str
) -> Score:
    """Start the backend on an empty database and run the case's hidden tests against it.

    A backend that does not migrate, start or answer in time has failed. Machines that cannot be
    opened or that are lost leave the score open (`value` None).

    Args:
        case: its tests, its time limit, and how its backend is driven.
        files: the backend: path -> content.
        provider: opens the machines.
        run_id: the owner of the machines.
    """
    deadline = Deadline.after(case.config.verifier.timeout_sec)
    candidate = Candidate(files, case.blueprint, provider, run_id, deadline)
    try:
        with candidate.open("app") as app, candidate.open("verifier", beside=app) as verifier:
            return _try(case, candidate, app, verifier)
    except SandboxError as error:
        return Score(value=None, reason=f"the machine failed: {error}")


def _try(case: Case, candidate: Candidate, app: Sandbox, verifier: Sandbox) -> Score:
    trial = Trial(candidate, app, verifier)
    try:
        trial.start_database()
        trial.migrate()
        trial.start_backend()
    except StageFailed as failed:
        said = "\n".join((failed.check.detail, *failed.check.findings))
        if failed.check.name == "database":
            return Score(value=None, reason=said)
        return _score(case, [], said)
    run_pytest(trial, verifier, case.tests, candidate.deadline)
    app.close()
    found = verifier.get([REPORT]) if verifier.alive else {}
    if REPORT not in found:
        limit = case.config.verifier.timeout_sec
        return _score(case, [], f"the hidden tests left no report within {limit:g} s")
    try:
        return _score(case, parse_junit(found[REPORT]), "")
    except ReportError as error:
        return _score(case, [], str(error))


def _score(case: Case, reported: Sequence[ReportedCase], reason: str) -> Score:
    outcomes = [_outcome(test) for test in reported]
    missing = case.inventory - {without_parameters(test.id) for test in reported}
    why = reason or "it did not run"
    outcomes += [TestOutcome(id=test, outcome="error", message=why) for test in sorted(missing)]
    secure = [test for test in outcomes if SECURITY in test.id.partition("::")[0]]
    functional = [test for test in outcomes if test not in secure]
    report = TestReport.of(tuple(outcomes))
    return Score(
        value=report.passed / len(outcomes),
        passed=report.passed == len(outcomes),
        functional_passed=_all_passed(functional),
        secure_passed=_all_passed(secure),
        reason=reason,
        tests=report,
    )


def _all_passed(tests: Sequence[TestOutcome]) -> bool | None:
    return all(test.outcome == "passed" for test in tests) if tests else None


def _outcome(case: ReportedCase) -> TestOutcome:
    return TestOutcome(
        id=case.id, outcome=case.outcome, message=shorten_traceback(case.detail) or ""
    )
