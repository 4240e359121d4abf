"""Runs the acceptance tests that the Blueprint holds as code, against the backend and a control.

A model wrote them, before the freeze, so they get machines of their own. Each must fail on a server
that has nothing: one that passes there proves nothing.
"""

from agent.verifier.candidate import Candidate
from agent.verifier.empty_server import run_on_nothing
from agent.verifier.user_tests import run_user_tests
from agent.verifier.verdict import CheckResult, TestOutcome, TestReport

NAME = "written_tests"


def run_written_tests(candidate: Candidate) -> tuple[CheckResult, TestReport]:
    """Whether all pass, and none does on the control; the outcomes name their requirements.

    Raises:
        SandboxError: a machine failed.
    """
    tests = {_path(test.name): test.code.encode() for test in candidate.blueprint.tests}
    check, report = run_user_tests(candidate, tests)
    ran, control = run_on_nothing(candidate, tests)
    if len(control.tests) < len(report.tests):
        detail = "what the tests say of an empty server is not known"
        return _could_not_run(detail, ran.findings), TestReport()
    hollow = {test.id for test in control.tests if test.outcome == "passed"}
    known = [test for test in report.tests if _file(test) in tests]  # others are findings already
    outcomes = TestReport.of(tuple(_named(candidate, test, hollow) for test in known))
    findings = [*check.findings, *(f"{test}: passes on an empty server" for test in sorted(hollow))]
    status = "failed" if hollow and check.status == "passed" else check.status
    changes = {"name": NAME, "status": status, "findings": tuple(findings)}
    return check.model_copy(update=changes), outcomes


def _could_not_run(detail: str, findings: tuple[str, ...]) -> CheckResult:
    return CheckResult(name=NAME, status="could_not_run", detail=detail, findings=findings)


def _file(outcome: TestOutcome) -> str:
    """The file that the report, which the tests themselves may have written, says it is in."""
    return outcome.id.removeprefix("user: ").partition("::")[0]


def _path(name: str) -> str:
    return f"test_{name}.py"


def _named(candidate: Candidate, outcome: TestOutcome, hollow: set[str]) -> TestOutcome:
    """`user: test_zip.py::test_bomb` as `test[zip] test_bomb`, with what it shows."""
    path, _, function = outcome.id.removeprefix("user: ").partition("::")
    test = next(one for one in candidate.blueprint.tests if _path(one.name) == path)
    changes: dict[str, object] = {
        "id": f"test[{test.name}] {function}",
        "requirements": test.requirements,
    }
    if outcome.id in hollow and outcome.outcome == "passed":
        changes |= {"outcome": "failed", "message": "it passes on an empty server too"}
    return outcome.model_copy(update=changes)
