"""Runs the project's own tests: a gate that a forged report does not pass.

They count only when the exit code, the JUnit report and the inventory of the source agree, and
when tests that must fail, planted beside them, are reported as failed.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from agent.verifier.candidate import Candidate
from agent.verifier.inventory import InventoryError, is_test_file, list_tests, without_parameters
from agent.verifier.tamper import find_tampering
from agent.verifier.verdict import CheckResult, CheckStatus, TestOutcome, TestReport
from sandbox.base import ExecResult, Sandbox
from sandbox.deadline import Deadline
from tools.backend import PASSWORD, ROLE, TEST_DATABASE, backend_environment
from tools.blueprint.model import Blueprint
from tools.junit import Case, ReportError, parse_junit, shorten_traceback

NAME = "project_tests"
REPORT = "junit.xml"
POSTGRES_S = 60
TESTS_S = 600
CONTROL = "def test_{name}():\n    assert {value!r} == 'this test must fail'\n"


def run_project_tests(candidate: Candidate) -> tuple[CheckResult, TestReport]:
    """The gate's result and the report of the tests.

    Raises:
        SandboxError: the machine failed.
    """
    try:
        inventory = list_tests(candidate.files)
    except InventoryError as error:
        return _check("failed", "the tests cannot be read", [str(error)]), TestReport()
    if candidate.blueprint.form == "free" and not candidate.blueprint.conventions.commands.test:
        detail = "the spec's form has no place for tests"
        return _check("not_applicable", detail, []), TestReport()
    if not inventory:
        return _check("failed", "the project has no tests", []), TestReport()
    with candidate.open("tests") as machine:
        gate = _Gate(candidate.blueprint, machine, candidate.deadline)
        if stopped := gate.start_database():
            return stopped, TestReport()
        machine.put(candidate.files)
        return gate.judge(candidate.files, inventory)


class _Gate:
    """One machine in which the project's tests run."""

    def __init__(self, blueprint: Blueprint, machine: Sandbox, deadline: Deadline) -> None:
        self._command = blueprint.conventions.commands.test
        self._environment = backend_environment(blueprint, "test")
        self._machine = machine
        self._deadline = deadline

    def start_database(self) -> CheckResult | None:
        """A failed check when PostgreSQL does not start."""
        argv = ["start-postgres", TEST_DATABASE, ROLE, PASSWORD]
        result = self._machine.exec(argv, deadline=self._deadline.at_most(POSTGRES_S))
        if result.ok:
            return None
        return _check("could_not_run", "PostgreSQL did not start", [result.output[-2000:]])

    def judge(
        self, files: Mapping[str, bytes], inventory: frozenset[str]
    ) -> tuple[CheckResult, TestReport]:
        """Run the tests, then the controls."""
        result = self._run([])
        try:
            cases = self._read_report()
        except ReportError as error:
            said = result.output[-4000:].strip()
            return _check("failed", f"{error}: {_ending(result)}", [said]), TestReport()
        findings = find_tampering(files) + compare(inventory, cases)
        if not result.ok:
            findings.append(f"the test command ends with {_ending(result)}, not exit code 0")
        if not findings:
            findings = self._try_controls(files)
        report = TestReport.of(tuple(_outcome(case) for case in cases))
        detail = f"{report.passed} of {len(cases)} tests passed"
        return _check("failed" if findings else "passed", detail, findings), report

    def _try_controls(self, files: Mapping[str, bytes]) -> list[str]:
        """Plant a failing test in every folder of tests; each must be reported as failed."""
        token = secrets.token_hex(6)
        controls = plant_controls(files, token)
        self._machine.put({path: content.encode() for path, content in controls.items()})
        result = self._run(["-k", f"control_{token}"])
        try:
            cases = self._read_report()
        except ReportError as error:
            return [f"with a failing test added: {error}"]
        failed = {PurePosixPath(case.id.partition("::")[0]) for case in cases if _failed(case)}
        unseen = sorted(path for path in controls if PurePosixPath(path) not in failed)
        folders = [str(PurePosixPath(path).parent) for path in unseen]
        findings = [f"a failing test in {folder}/ is not reported as failed" for folder in folders]
        if result.exit_code in (0, None):
            findings.append(f"with failing tests added the command ends with {_ending(result)}")
        return findings

    def _run(self, options: Sequence[str]) -> ExecResult:
        self._machine.put({}, remove=[REPORT])
        always = [f"--junitxml=/workspace/{REPORT}", "-o", "junit_family=xunit1", "--tb=short"]
        always += ["--rootdir=/workspace", "--maxfail=0", "-p", "no:cacheprovider"]
        env = {**self._environment, "PYTEST_ADDOPTS": " ".join([*always, *options])}
        command = ["sh", "-c", self._command]
        return self._machine.exec(command, deadline=self._deadline.at_most(TESTS_S), env=env)

    def _read_report(self) -> list[Case]:
        if not self._machine.alive:
            raise ReportError("the tests did not end in time")
        found = self._machine.get([REPORT])
        if REPORT not in found:
            raise ReportError("the tests left no report")
        return parse_junit(found[REPORT])


def compare(inventory: frozenset[str], cases: Sequence[Case]) -> list[str]:
    """What keeps the report from being that of these tests, all passed."""
    reported = {without_parameters(case.id) for case in cases}
    findings = [f"{case.id} {case.outcome}" for case in cases if case.outcome != "passed"]
    findings += [
        f"{name} is in the source but did not run" for name in sorted(inventory - reported)
    ]
    findings += [f"{name} ran but is not in the source" for name in sorted(reported - inventory)]
    return findings


def plant_controls(files: Mapping[str, bytes], token: str) -> dict[str, str]:
    """A test that must fail for each folder that holds tests: path -> content."""
    folders = sorted({PurePosixPath(path).parent for path in files if is_test_file(path)})
    return {
        (folder / f"test_{number}_control_{token}.py").as_posix(): CONTROL.format(
            name=f"{number}_control_{token}", value=token
        )
        for number, folder in enumerate(folders)
    }


def _failed(case: Case) -> bool:
    return case.outcome == "failed" and "this test must fail" in case.detail


def _outcome(case: Case) -> TestOutcome:
    return TestOutcome(id=case.id, outcome=case.outcome, message=shorten_traceback(case.detail))


def _ending(result: ExecResult) -> str:
    return result.stopped_by or f"exit code {result.exit_code}"


def _check(status: CheckStatus, detail: str, findings: Sequence[str]) -> CheckResult:
    said = tuple(filter(None, findings))
    return CheckResult(name=NAME, status=status, detail=detail, findings=said)
