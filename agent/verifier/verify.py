"""The verdict on a tree: fails closed, by black box, against the frozen Blueprint only."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agent.verifier.app_run import AppRun, run_app
from agent.verifier.candidate import Candidate
from agent.verifier.independent_tests import NAME as INDEPENDENT
from agent.verifier.independent_tests import run_independent_tests
from agent.verifier.kept_tests import check_kept_tests
from agent.verifier.packages import check_packages
from agent.verifier.project_tests import NAME as PROJECT_TESTS
from agent.verifier.project_tests import run_project_tests
from agent.verifier.requirements import trace_requirements
from agent.verifier.security_check import NAME as SECURITY
from agent.verifier.security_check import run_security_check
from agent.verifier.user_tests import NAME as USER_TESTS
from agent.verifier.user_tests import run_user_tests
from agent.verifier.verdict import (
    REQUIREMENTS_CHECK,
    CheckResult,
    RequirementResult,
    TestOutcome,
    TestReport,
    Verdict,
)
from agent.verifier.written_tests import NAME as WRITTEN_TESTS
from agent.verifier.written_tests import run_written_tests
from sandbox.base import SandboxError, SandboxProvider, SandboxStartError
from tools.checks.acceptance.expected import expected_cases

JudgedT = TypeVar("JudgedT")
ISOLATING = frozenset({"docker", "bubblewrap"})
"""Providers whose machines keep the app away from the verifier and the host."""
HELD_TO = ("memory", "swap", "processes", "cpus", "lifetime")
"""What of a provider's description the report repeats."""
SUITE_CHECKS = {"schema": ("table",), "endpoints": ("served", "undeclared")}
"""Check -> the kinds of acceptance tests that decide it."""


def verify(candidate: Candidate, user_tests: Mapping[str, bytes] | None = None) -> Verdict:
    """Judge a tree.

    Args:
        candidate: the tree, its frozen Blueprint, and the machines to judge it in.
        user_tests: the user's own pytest files: path -> content.

    Raises:
        SandboxStartError: no machine could be started, so nothing was judged.
    """
    started = time.monotonic()
    with ThreadPoolExecutor(1) as beside:
        gate = beside.submit(_gate, candidate)
        run = _run(candidate)
        tests_check, project_tests = gate.result()
    users_check, users_report = _users(candidate, user_tests or {})
    written_check, written = _written(candidate)
    independent_check, independent = _independent(candidate)
    acceptance = TestReport.of((*run.tests.tests, *written.tests, *independent.tests))
    requirements = trace_requirements(candidate.blueprint, acceptance.tests)
    checks = [
        _isolation(candidate.provider, run.limits),
        *run.checks,
        *_suite_checks(run, expected=bool(expected_cases(candidate.blueprint))),
        tests_check,
        check_kept_tests(candidate.files, candidate.earlier),
        *users_check,
        *written_check,
        *independent_check,
        check_packages(candidate.files, candidate.blueprint.packages),
        _requirements_check(acceptance, requirements),
    ]
    checks.append(_security(candidate, checks))
    return Verdict(
        passed=all(check.ok for check in checks),
        checks=tuple(checks),
        project_tests=project_tests,
        acceptance_tests=acceptance,
        user_tests=users_report,
        requirements=requirements,
        openapi=run.openapi,
        seconds=time.monotonic() - started,
    )


def _run(candidate: Candidate) -> AppRun:
    run = _on_machines(candidate, lambda: run_app(candidate))
    return AppRun(checks=[_lost("boots", run)]) if isinstance(run, SandboxError) else run


def _gate(candidate: Candidate) -> tuple[CheckResult, TestReport]:
    judged = _on_machines(candidate, lambda: run_project_tests(candidate))
    if isinstance(judged, SandboxError):
        return _lost(PROJECT_TESTS, judged), TestReport()
    return judged


def _users(
    candidate: Candidate, tests: Mapping[str, bytes]
) -> tuple[list[CheckResult], TestReport]:
    if not tests:
        return [], TestReport()
    return _judged(candidate, USER_TESTS, lambda: run_user_tests(candidate, tests))


def _written(candidate: Candidate) -> tuple[list[CheckResult], TestReport]:
    if not candidate.blueprint.tests:
        return [], TestReport()
    return _judged(candidate, WRITTEN_TESTS, lambda: run_written_tests(candidate))


def _independent(candidate: Candidate) -> tuple[list[CheckResult], TestReport]:
    suite = candidate.independent
    if suite is None:
        return [], TestReport()
    return _judged(candidate, INDEPENDENT, lambda: run_independent_tests(candidate, suite))


def _judged(
    candidate: Candidate, name: str, judge: Callable[[], tuple[CheckResult, TestReport]]
) -> tuple[list[CheckResult], TestReport]:
    judged = _on_machines(candidate, judge)
    if isinstance(judged, SandboxError):
        return [_lost(name, judged)], TestReport()
    check, report = judged
    return [check], report


def _on_machines(candidate: Candidate, judge: Callable[[], JudgedT]) -> JudgedT | SandboxError:
    """What was judged, or the error when machines are lost twice: then the code does that.

    An engine that is gone is nobody's finding: the run ends `sandbox_error` and can be resumed.
    """
    for is_last in (False, True):
        try:
            return judge()
        except SandboxStartError:
            raise
        except SandboxError as error:
            candidate.provider.prepare(lambda _: None)
            if is_last:
                return error
    raise AssertionError("the last try returns")


def _security(candidate: Candidate, others: Sequence[CheckResult]) -> CheckResult:
    """Probing takes longest, so it comes when nothing but missing proof stands against a pass."""
    if not all(check.ok or check.name == REQUIREMENTS_CHECK for check in others):
        return CheckResult(
            name=SECURITY, status="could_not_run", detail="it waits until the other checks pass"
        )
    judged = _on_machines(candidate, lambda: run_security_check(candidate))
    return _lost(SECURITY, judged) if isinstance(judged, SandboxError) else judged


def _isolation(provider: SandboxProvider, limits: Mapping[str, str]) -> CheckResult:
    isolates = provider.name in ISOLATING
    defenses = provider.describe()
    held = {name: defenses[name] for name in HELD_TO if name in defenses}
    return CheckResult(
        name="isolation",
        status="passed" if isolates else "could_not_run",
        detail=f"machines by {provider.name}{'' if isolates else ', which does not isolate'}"
        + _listed("; held to ", held)
        + _listed("; seen from inside: ", limits),
    )


def _listed(opening: str, facts: Mapping[str, str]) -> str:
    return opening + ", ".join(f"{name} {fact}" for name, fact in facts.items()) if facts else ""


def _suite_checks(run: AppRun, *, expected: bool) -> list[CheckResult]:
    """The acceptance suite as a whole, and the parts of it that have a name of their own."""
    if not expected:
        detail = "the Blueprint implies no tests"
        return [CheckResult(name="acceptance", status="not_applicable", detail=detail)]
    known = {check.name for check in run.checks}
    parts = {
        name: [test for test in run.tests.tests if test.id.partition("[")[0] in kinds]
        for name, kinds in SUITE_CHECKS.items()
    }
    checks = [_suite_check(name, run, tests) for name, tests in parts.items()]
    checks.append(_suite_check("acceptance", run, run.tests.tests))
    return [check for check in checks if check.name not in known]


def _suite_check(name: str, run: AppRun, tests: Sequence[TestOutcome]) -> CheckResult:
    if not run.tests.tests:
        return CheckResult(name=name, status="could_not_run", detail="the suite did not run")
    if not tests:
        return CheckResult(name=name, status="not_applicable", detail="the Blueprint implies none")
    report = TestReport.of(tuple(tests))
    detail = f"{report.passed} of {len(tests)} acceptance tests passed"
    if report.skipped:
        detail += f"; {report.skipped} did not run, because too many others failed"
    return CheckResult(
        name=name, status="passed" if report.passed == len(tests) else "failed", detail=detail
    )


def _requirements_check(
    acceptance: TestReport, requirements: Mapping[str, RequirementResult]
) -> CheckResult:
    name = "requirements"
    if not acceptance.tests:
        return CheckResult(name=name, status="could_not_run", detail="the suite did not run")
    by_reason: dict[str, list[str]] = {}
    for key, result in requirements.items():
        if result.status == "unmet":
            by_reason.setdefault(result.reason, []).append(key)
    unmet = sum(map(len, by_reason.values()))
    return CheckResult(
        name=name,
        status="failed" if unmet else "passed",
        detail=f"{len(requirements) - unmet} of {len(requirements)} need nothing more",
        findings=tuple(f"{', '.join(keys)}: {reason}" for reason, keys in by_reason.items()),
    )


def _lost(name: str, error: SandboxError) -> CheckResult:
    return CheckResult(name=name, status="could_not_run", detail=f"the machine failed: {error}")
