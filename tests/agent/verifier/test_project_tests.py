"""The gate of the project's own tests: no trick makes failing tests pass it."""

from collections.abc import Mapping

import pytest

from agent.verifier.candidate import Candidate
from agent.verifier.project_tests import compare, plant_controls, run_project_tests
from agent.verifier.verdict import CheckResult
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from tests.tools.checks.library import LIBRARY
from tools.junit import Case

TRUE = b"def test_a():\n    assert True\n"
FALSE = b"def test_b():\n    assert False\n"
HONEST = {"tests/test_a.py": TRUE, "tests/deep/test_c.py": TRUE}
FORGED: dict[str, dict[str, bytes]] = {
    "deleted": {},
    "failing": {"tests/test_b.py": FALSE},
    "skipped": {"tests/test_b.py": b"import pytest\n\n@pytest.mark.skip\n" + FALSE},
    "expected to fail": {"tests/test_b.py": b"import pytest\n\n@pytest.mark.xfail\n" + FALSE},
    "not Python": {"tests/test_b.py": b"def test_b(:\n"},
    "exits at once": {
        "tests/test_a.py": TRUE,
        "tests/test_b.py": b"def test_b():\n    __import__('os')._exit(0)\n",
    },
    "conftest deselects": {
        "tests/test_a.py": TRUE,
        "tests/test_b.py": FALSE,
        "conftest.py": b"def pytest_collection_modifyitems(items):\n    del items[1:]\n",
    },
    "conftest reports passed": {
        "tests/test_b.py": FALSE,
        "conftest.py": b"""
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = "passed"

def pytest_sessionfinish(session):
    session.exitstatus = 0
""",
    },
    "conftest runs nothing": {
        "tests/test_b.py": FALSE,
        "conftest.py": b"globals()['pytest_' + 'pyfunc_call'] = lambda pyfuncitem: True\n",
    },
    "application patches the runner": {
        "app.py": b"""
runner = __import__("sys").modules["_pytest.runner"]
runner.check_interactive_exception = lambda call, report: False
runner.CallInfo.from_call.__func__.__defaults__ = (Exception,)
python = __import__("sys").modules["_pytest.python"]
python.Function.runtest = lambda self: None
""",
        "tests/test_b.py": b"import app\n\n" + FALSE,
    },
    "settings collect nothing": {
        "tests/test_b.py": FALSE,
        "pytest.ini": b"[pytest]\naddopts=--co\n",
    },
    "another pytest": {"tests/test_b.py": FALSE, "pytest.py": b"raise SystemExit(0)\n"},
}
SEEN = {
    "deleted": "the project has no tests",
    "failing": "tests/test_b.py::test_b failed",
    "skipped": "tests/test_b.py::test_b skipped",
    "expected to fail": "tests/test_b.py::test_b skipped",
    "not Python": "tests/test_b.py is not Python",
    "exits at once": "left no report",
    "conftest deselects": "did not run",
    "conftest reports passed": "the hook pytest_runtest_makereport",
    "conftest runs nothing": "a failing test in tests/ is not reported as failed",
    "application patches the runner": "a failing test in tests/ is not reported as failed",
    "settings collect nothing": "did not run",
    "another pytest": "left no report",
}
"""What gives each trick away."""


def judge(files: Mapping[str, bytes], provider: SandboxProvider) -> CheckResult:
    check, _ = run_project_tests(
        Candidate(files, LIBRARY, provider, "test-gate", Deadline.after(60))
    )
    return check


@pytest.mark.docker
def test_honest_tests_pass(docker_provider: SandboxProvider) -> None:
    check, report = run_project_tests(
        Candidate(HONEST, LIBRARY, docker_provider, "test-gate", Deadline.after(60))
    )
    assert check.status == "passed", check
    assert {test.id for test in report.tests} == {
        "tests/test_a.py::test_a",
        "tests/deep/test_c.py::test_a",
    }


@pytest.mark.docker
@pytest.mark.parametrize("trick", FORGED)
def test_no_trick_passes(trick: str, docker_provider: SandboxProvider) -> None:
    check = judge(FORGED[trick], docker_provider)
    assert check.status == "failed"
    assert SEEN[trick] in "\n".join([check.detail, *check.findings])


@pytest.mark.parametrize(
    ("cases", "findings"),
    [
        (
            [Case("t.py::a", "passed"), Case("t.py::b[1]", "passed"), Case("t.py::b[2]", "passed")],
            [],
        ),
        ([Case("t.py::a", "passed")], ["t.py::b is in the source but did not run"]),
        (
            [Case("t.py::a", "passed"), Case("t.py::b", "skipped")],
            ["t.py::b skipped"],
        ),
        (
            [Case("t.py::a", "passed"), Case("t.py::b", "passed"), Case("t.py::c", "passed")],
            ["t.py::c ran but is not in the source"],
        ),
    ],
)
def test_report_and_source_must_agree(cases: list[Case], findings: list[str]) -> None:
    assert compare(frozenset({"t.py::a", "t.py::b"}), cases) == findings


def test_every_folder_gets_a_control() -> None:
    controls = plant_controls({**HONEST, "app/main.py": b""}, "x1")
    assert sorted(controls) == [
        "tests/deep/test_1_control_x1.py",
        "tests/test_0_control_x1.py",
    ] or (sorted(controls) == ["tests/deep/test_0_control_x1.py", "tests/test_1_control_x1.py"])
    assert all("assert 'x1' ==" in content for content in controls.values())
