"""What became of an attack: read from tests that ran, never from what was meant to run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pytest

from sandbox.base import ProviderName
from tests.sandbox.attacks.rows import Row

Status = Literal["held", "not enforceable", "failed"]
NOT_ENFORCEABLE = "not enforceable: "
"""How the reason of a skip begins that is an answer; any other skip is as if it never ran."""


@dataclass(frozen=True)
class Outcome:
    """One test that ran."""

    test: str
    """Its id below tests/."""
    backend: ProviderName | None
    """None: it is about the host, whatever the backend."""
    status: Status
    reason: str = ""

    def proves(self, name: str) -> bool:
        """Whether it is the test of that name in a row, `[case]` included."""
        function, _, case = name.partition("[")
        own, _, parameters = self.test.partition("[")
        return own == function and case.rstrip("]") in parameters


@dataclass(frozen=True)
class Finding:
    """A row on a backend."""

    status: Status
    reason: str = ""
    """Why it is not held."""


class Recorder:
    """A plugin of pytest that remembers how each test ended."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a test's call, or the step that kept it from being called."""
        if report.when == "call" or report.outcome != "passed":
            status, reason = _read(report)
            test = report.nodeid.removeprefix("tests/")
            if status != "skipped":
                self.outcomes.append(Outcome(test, _backend(report), status, reason))


def judge(row: Row, backend: ProviderName, outcomes: Iterable[Outcome]) -> Finding:
    """Held only when a test of the row and a control ran, and all that ran passed."""
    about = [outcome for outcome in outcomes if outcome.backend in (backend, None)]
    tests = [_of(name, about) for name in row.tests]
    controls = [_of(name, outcomes) for name in row.controls]
    if not any(tests) or not (any(controls) or row.no_control):
        return Finding("failed", "no test or no control ran")
    ran = [outcome for found in (*tests, *controls) for outcome in found]
    worst: tuple[Status, ...] = ("failed", "not enforceable")
    for status in worst:
        for outcome in ran:
            if outcome.status == status:
                return Finding(status, outcome.reason or outcome.test)
    return Finding("held")


def _of(name: str, outcomes: Iterable[Outcome]) -> Sequence[Outcome]:
    return [outcome for outcome in outcomes if outcome.proves(name)]


def _backend(report: pytest.TestReport) -> ProviderName | None:
    names: tuple[ProviderName, ...] = ("docker", "bubblewrap")
    return next((name for name in names if name in report.keywords), None)


def _read(report: pytest.TestReport) -> tuple[Status | Literal["skipped"], str]:
    if report.passed:
        return "held", ""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith(NOT_ENFORCEABLE):
            return "not enforceable", reason.removeprefix(NOT_ENFORCEABLE)
        return "skipped", reason
    return "failed", report.nodeid
