"""Runs the user's own acceptance tests against the running backend: trusted, and never disputable.

They are pytest files that talk HTTP. They find the backend in `BASE_URL`, and the first
administrator's login in the environment variables that the conventions name for it.
"""

from collections.abc import Mapping, Sequence

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
    candidate: Candidate, tests: Mapping[str, bytes], *, test_timeout_s: int | None = None
) -> tuple[CheckResult, TestReport]:
    """Start the backend afresh and let the tests talk to it.

    Args:
        candidate: the backend.
        tests: path -> content.
        test_timeout_s: seconds that one test may take; None is no limit.

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
        limit = [] if test_timeout_s is None else [f"--timeout={test_timeout_s}"]
        run_pytest(trial, verifier, tests, candidate.deadline, limit)
        app.close()
        return _judge(verifier, inventory)


def run_pytest(
    trial: Trial,
    verifier: Sandbox,
    tests: Mapping[str, bytes],
    deadline: Deadline,
    more_options: Sequence[str] = (),
) -> None:
    """Run the tests in the verifier's machine; their report is read when the app is dead.

    A module that cannot be imported does not keep the others from running.
    """
    verifier.put({f"{FOLDER}/{path}": content for path, content in tests.items()})
    options = ["-q", f"--junitxml=/workspace/{REPORT}", "-o", "junit_family=xunit1", "--tb=short"]
    options += [f"--rootdir=/workspace/{FOLDER}", "-c", "/dev/null", "-p", "no:cacheprovider"]
    options += ["--continue-on-collection-errors", *more_options]
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
