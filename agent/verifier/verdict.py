"""What the verifier says about a tree: passed or not, and why, as plain data."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.blueprint.model import RequirementId

VARIABLE = re.compile(r"[0-9a-f-]{36}|\d+")
"""Ids in an address."""
CheckStatus = Literal["passed", "failed", "not_applicable", "could_not_run"]
TestStatus = Literal["passed", "failed", "error", "skipped"]
"""`skipped`: it did not run; never as good as passed."""
RequirementStatus = Literal["met", "unmet", "not_testable"]

REQUIREMENTS_CHECK = "requirements"
"""Name of the check that fails when a requirement of the spec has no proof."""


class Statement(BaseModel):
    """Base of every part of a verdict: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TestOutcome(Statement):
    """How one test ended."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    id: str
    """`create[POST /books]` (acceptance) or `tests/test_a.py::test_b[1]` (the project's own)."""
    outcome: TestStatus
    message: str = ""
    """Why it did not pass: the assertion, then the request and the answer it is about."""
    requirements: tuple[RequirementId, ...] = ()


class TestReport(Statement):
    """The outcomes of a suite. The default is the report of a suite that never ran."""

    __test__ = False

    passed: int = 0
    failed: int = 0
    """Failed tests, and those that broke before they could say."""
    skipped: int = 0
    tests: tuple[TestOutcome, ...] = ()

    @classmethod
    def of(cls, tests: tuple[TestOutcome, ...]) -> "TestReport":
        """The report that counts these outcomes."""
        outcomes = [test.outcome for test in tests]
        return cls(
            passed=outcomes.count("passed"),
            failed=outcomes.count("failed") + outcomes.count("error"),
            skipped=outcomes.count("skipped"),
            tests=tests,
        )


class CheckResult(Statement):
    """One check. Only `passed` and `not_applicable` let a verdict pass."""

    name: str
    status: CheckStatus
    detail: str = ""
    """One sentence: what was shown, or why it was not."""
    findings: tuple[str, ...] = ()
    """What is wrong, one thing each, worded for whoever mends it."""

    @property
    def ok(self) -> bool:
        """Whether it does not stand against a pass."""
        return self.status in ("passed", "not_applicable")


class RequirementResult(Statement):
    """Whether a requirement of the spec was shown."""

    status: RequirementStatus
    evidence: tuple[str, ...] = ()
    """Ids of the acceptance tests that show it, or of those that refute it."""
    reason: str = ""
    """Why it is unmet or not testable."""


class Verdict(Statement):
    """The verifier's word on one tree."""

    passed: bool
    checks: tuple[CheckResult, ...]
    project_tests: TestReport = TestReport()
    """The project's own tests: a gate, never evidence for a requirement."""
    acceptance_tests: TestReport = TestReport()
    user_tests: TestReport = TestReport()
    """The user's own acceptance tests, if there are any."""
    requirements: dict[RequirementId, RequirementResult] = {}
    openapi: str | None = None
    """What the app served at /openapi.json; None when it did not get that far."""
    seconds: float = 0.0

    @property
    def unmet(self) -> tuple[RequirementId, ...]:
        """Requirements without proof, in the spec's order."""
        return tuple(key for key, result in self.requirements.items() if result.status == "unmet")

    def findings_text(self, limit: int = 12_000) -> str:
        """What the model reads after a rejection, at most `limit` characters.

        Failing acceptance tests come first, each with its assertion, request and answer; then the
        project's failing tests, and the checks that did not pass, the requirements among them.
        """
        tests = (
            *self.user_tests.tests,
            *self.acceptance_tests.tests,
            *self.project_tests.tests,
        )
        parts = _describe_tests([test for test in tests if test.outcome in ("failed", "error")])
        parts += [_describe_check(check) for check in self.checks if not check.ok]
        return _fit(parts, limit)


def _describe_tests(tests: Sequence[TestOutcome]) -> list[str]:
    """One part per cause: tests that stumble over the same answer share it."""
    causes: dict[str, list[TestOutcome]] = {}
    for test in tests:
        causes.setdefault(_cause(test), []).append(test)
    return [_describe_test(first, others) for first, *others in causes.values()]


def _cause(test: TestOutcome) -> str:
    """What went wrong and at which address, without the ids in it."""
    expectation, request, *_ = [*test.message.splitlines(), "", ""]
    address = " ".join(request.split()[:3])
    return f"{expectation} {VARIABLE.sub('', address)}" if test.message else test.id


def _describe_test(test: TestOutcome, others: Sequence[TestOutcome]) -> str:
    proves = f" ({', '.join(test.requirements)})" if test.requirements else ""
    text = f"{test.outcome.upper()} {test.id}{proves}\n{test.message}".rstrip()
    return f"{text}\nthe same in: {', '.join(other.id for other in others)}" if others else text


def _describe_check(check: CheckResult) -> str:
    lines = [f"CHECK {check.name}: {check.status}. {check.detail}".rstrip()]
    return "\n".join(lines + [f"- {finding}" for finding in check.findings])


def _fit(parts: list[str], limit: int) -> str:
    """As many whole parts as fit, and how many were left out."""
    kept: list[str] = []
    used = 0
    for part in parts:
        room = limit - used - 80  # for the last line
        if len(part) > room:
            break
        kept.append(part)
        used += len(part) + 2
    left_out = len(parts) - len(kept)
    if left_out and not kept:
        return parts[0][:limit]
    if left_out:
        kept.append(f"... and {left_out} more findings; mend these first.")
    return "\n\n".join(kept)
