"""Runs the user's own acceptance tests against the running backend: trusted, and never disputable.

They are pytest files that talk HTTP. They find the backend in `BASE_URL`, and the first
administrator's login in the environment variables that the conventions name for it.
"""

from collections.abc import Mapping

from agent.verifier.app_run import StageFailed, Trial
from agent.verifier.candidate import Candidate
from agent.verifier.inventory import InventoryError, list_tests
from agent.verifier.project_tests import compare
from agent.verifier.verdict import CheckResult, CheckStatus, TestOutcome, TestReport
from sandbox.base import Sandbox
from sandbox.deadline import Deadline
from tools.junit import Case, ReportError, parse_junit, shorten_traceback

NAME = "user_tests"
FOLDER = "user_tests"
REPORT = "user-tests.xml"
SUITE_S = 600


def run_user_tests(
    candidate: Candidate, tests: Mapping[str, bytes]
) -> tuple[CheckResult, TestReport]:
    """Start the backend afresh and let the tests talk to it.

    Raises:
        SandboxError: a machine failed.
    """
    try:
        inventory = list_tests(tests)
    except InventoryError as error:
        return _check("could_not_run", [str(error)]), TestReport()
    with (
        candidate.open("app") as app,
        candidate.open("verifier", beside=app) as verifier,
    ):
        trial = Trial(candidate, app, verifier)
        try:
            trial.start_database()
            trial.migrate()
            trial.start_backend()
        except StageFailed as failed:
            return _check("could_not_run", [failed.check.detail]), TestReport()
        run_pytest(trial, verifier, tests, candidate.deadline)
        app.close()
        return _judge(verifier, inventory)


def run_pytest(
    trial: Trial, verifier: Sandbox, tests: Mapping[str, bytes], deadline: Deadline
) -> None:
    """Run the tests in the verifier's machine; their report is read when the app is dead."""
    verifier.put({f"{FOLDER}/{path}": content for path, content in tests.items()})
    options = ["-q", f"--junitxml=/workspace/{REPORT}", "-o", "junit_family=xunit1", "--tb=short"]
    options += [f"--rootdir=/workspace/{FOLDER}", "-c", "/dev/null", "-p", "no:cacheprovider"]
    verifier.exec(
        ["python", "-P", "-m", "pytest", *options, f"/workspace/{FOLDER}"],
        deadline=deadline.at_most(SUITE_S),
        env={**trial.public_environment(), "BASE_URL": trial.base_url},
    )


def _judge(verifier: Sandbox, inventory: frozenset[str]) -> tuple[CheckResult, TestReport]:
    found = verifier.get([REPORT]) if verifier.alive else {}
    try:
        cases = parse_junit(found[REPORT])
    except (KeyError, ReportError) as error:
        said = f"the tests left no report that can be read: {error}"
        return _check("could_not_run", [said]), TestReport()
    findings = compare(inventory, cases)
    report = TestReport.of(tuple(_outcome(case) for case in cases))
    detail = f"{report.passed} of {len(cases)} tests passed"
    status = "failed" if findings else "passed"
    return CheckResult(name=NAME, status=status, detail=detail, findings=tuple(findings)), report


def _check(status: CheckStatus, findings: list[str]) -> CheckResult:
    return CheckResult(
        name=NAME,
        status=status,
        detail="your acceptance tests did not run",
        findings=tuple(findings),
    )


def _outcome(case: Case) -> TestOutcome:
    return TestOutcome(
        id=f"user: {case.id}", outcome=case.outcome, message=shorten_traceback(case.detail)
    )
