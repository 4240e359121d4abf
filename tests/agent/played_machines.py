"""Machines in memory in which every backend works, so that the whole product runs without any."""

import json
from collections.abc import Sequence

from agent.verifier.inventory import list_tests
from agent.verifier.suite import BLUEPRINT_FILE, OPENAPI_FILE, RESULTS_FILE, suite_command
from sandbox.base import ExecResult
from sandbox.memory import MemoryProvider
from tools.blueprint.model import Blueprint
from tools.checks.acceptance.expected import expected_cases

CONTROL = "_control_"
"""In the names of tests that the verifier plants: these must fail."""
FAILURE = "<failure>E   AssertionError: 'this test must fail'</failure>"


class PlayedMachines(MemoryProvider):
    """Plays the acceptance suite and the project's tests: all pass, and planted ones fail."""

    name = "docker"  # only what isolates can lead to `verified`

    def __init__(self) -> None:
        super().__init__(play)


def play(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
    """Any command of the tools and of the verifier."""
    if list(argv) == suite_command():
        return _judge(files)
    if any("pytest" in word for word in argv):
        return _test(files)
    return ExecResult(exit_code=0, output="")


def _judge(files: dict[str, bytes]) -> ExecResult:
    blueprint = Blueprint.model_validate_json(files[BLUEPRINT_FILE])
    cases = expected_cases(blueprint)
    results = [{"id": case.id, "outcome": "passed", "message": ""} for case in cases]
    files[RESULTS_FILE] = json.dumps(results).encode()
    files[OPENAPI_FILE] = b"{}"
    return ExecResult(exit_code=0, output="")


def _test(files: dict[str, bytes]) -> ExecResult:
    tests = sorted(list_tests(files))
    controls = [test for test in tests if CONTROL in test]
    report = "".join(map(_case, controls or tests))
    content = f"<testsuite>{report}</testsuite>".encode()
    files["junit.xml"] = files[".agent/junit.xml"] = content
    return ExecResult(exit_code=1 if controls else 0, output="")


def _case(test: str) -> str:
    file, *names = test.split("::")
    classname = ".".join([file.removesuffix(".py").replace("/", "."), *names[:-1]])
    failure = FAILURE if CONTROL in test else ""
    case = f'<testcase file="{file}" classname="{classname}" name="{names[-1]}">'
    return f"{case}{failure}</testcase>"
