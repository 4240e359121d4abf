"""The gate of the project's own tests: no trick makes failing tests pass it."""

from collections.abc import Mapping

import pytest

from agent.verifier.candidate import Candidate
from agent.verifier.project_tests import compare, plant_controls, run_project_tests
from agent.verifier.verdict import CheckResult
from sandbox.base import ExecResult, SandboxProvider, SandboxSpec
from sandbox.deadline import Deadline
from tests.tools.checks.library import LIBRARY
from tools.junit import Case, parse_junit

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
    "conftest skips everything": {
        "tests/test_b.py": FALSE,
        "conftest.py": b"""
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.skip)
""",
    },
    "conftest expects everything to fail": {
        "tests/test_b.py": FALSE,
        "conftest.py": b"""
import pytest

@pytest.fixture(autouse=True)
def fail(request):
    request.node.add_marker(pytest.mark.xfail)
""",
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
    "conftest exits at once": {
        "tests/test_b.py": FALSE,
        "conftest.py": b"import os\nos._exit(0)\n",
    },
    "conftest sets the exit code": {
        "tests/test_b.py": FALSE,
        "conftest.py": b"def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
    },
    "settings collect nothing": {
        "tests/test_b.py": FALSE,
        "pytest.ini": b"[pytest]\naddopts=--co\n",
    },
    "settings load a plugin": {
        "tests/test_b.py": FALSE,
        "pytest.ini": b"[pytest]\naddopts=-p evil\n",
        "evil.py": b"def pytest_pyfunc_call(pyfuncitem):\n    return True\n",
    },
    "a module that Python loads by itself": {
        "tests/test_b.py": FALSE,
        "sitecustomize.py": b"import os\nos._exit(0)\n",
    },
    "rewrites the report at the end": {
        "tests/test_b.py": b"""
import atexit, os, pathlib, re

def forge():
    for report in pathlib.Path(".").glob("*.xml"):
        text = re.sub("<failure.*?</failure>", "", report.read_text(), flags=re.S)
        report.write_text(re.sub('failures="1"', 'failures="0"', text))
    getattr(os, "_" + "exit")(0)

atexit.register(forge)

"""
        + FALSE,
    },
    "a daemon rewrites the report": {
        "tests/test_b.py": b"""
import os, pathlib, re, time

if os.fork() == 0:
    os.setsid()
    for fd in (0, 1, 2):
        os.close(fd)
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        for report in pathlib.Path(".").glob("*.xml"):
            text = report.read_text()
            if "</testsuites>" in text and "<failure" in text:
                report.write_text(re.sub("<failure.*?</failure>", "", text, flags=re.S))
        time.sleep(0.001)
    os.kill(os.getpid(), 9)

"""
        + FALSE,
    },
    "prints another summary": {
        "tests/test_b.py": b"def test_b():\n    print('=== 10 passed ===')\n    assert False\n",
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
    "conftest skips everything": "tests/test_b.py::test_b skipped",
    "conftest expects everything to fail": "tests/test_b.py::test_b skipped",
    "application patches the runner": "a failing test in tests/ is not reported as failed",
    "conftest exits at once": "left no report",
    "conftest sets the exit code": "the hook pytest_sessionfinish",
    "settings collect nothing": "did not run",
    "settings load a plugin": "the hook pytest_pyfunc_call",
    "a module that Python loads by itself": "'sitecustomize.py' at the root replaces",
    "rewrites the report at the end": "a failing test in tests/ is not reported as failed",
    "a daemon rewrites the report": "not exit code 0",
    "prints another summary": "tests/test_b.py::test_b failed",
    "another pytest": "left no report",
}
"""What gives each trick away."""
HELD_BY_OTHERS = frozenset({"failing", "deleted", "not Python"})
"""What `python -m pytest` reports as what it is."""
READ_BY_OTHERS = frozenset({"a daemon rewrites the report", "prints another summary"})
"""Tricks on whoever reads the report or the output instead of the exit code."""


def judge(files: Mapping[str, bytes], provider: SandboxProvider) -> CheckResult:
    check, _ = run_project_tests(
        Candidate(files, LIBRARY, provider, "test-gate", Deadline.after(240))
    )
    return check


@pytest.mark.docker
def test_honest_tests_pass(docker_provider: SandboxProvider) -> None:
    check, report = run_project_tests(
        Candidate(HONEST, LIBRARY, docker_provider, "test-gate", Deadline.after(240))
    )
    assert check.status == "passed", check
    assert {test.id for test in report.tests} == {
        "tests/test_a.py::test_a",
        "tests/deep/test_c.py::test_a",
    }


@pytest.mark.parametrize("trick", FORGED)
def test_no_trick_passes(trick: str, machines: SandboxProvider) -> None:
    check = judge(FORGED[trick], machines)
    assert check.status == "failed"
    assert SEEN[trick] in "\n".join([check.detail, *check.findings])


@pytest.mark.parametrize("trick", sorted(FORGED.keys() - HELD_BY_OTHERS - READ_BY_OTHERS))
def test_the_trick_fools_whoever_asks_pytest(trick: str, machines: SandboxProvider) -> None:
    """Control: exit code 0, although a test fails."""
    assert ask_pytest(trick, machines)[0].exit_code == 0


def test_output_and_report_fool_whoever_reads_them(machines: SandboxProvider) -> None:
    """Control: both say that all is well, while a test fails."""
    assert "10 passed" in ask_pytest("prints another summary", machines)[0].output
    result, report = ask_pytest("a daemon rewrites the report", machines)
    assert result.exit_code == 1
    assert [case.outcome for case in parse_junit(report)] == ["passed"]


def ask_pytest(trick: str, provider: SandboxProvider) -> tuple[ExecResult, bytes]:
    """What a naive harness does; Python finds the project's modules as `PYTHONPATH` makes it."""
    with provider.open(SandboxSpec(run_id="test-gate")) as machine:
        machine.put(FORGED[trick])
        naive = "python -m pytest --junitxml=junit.xml -o junit_family=xunit1; code=$?; sleep 0.3"
        result = machine.exec(
            ["sh", "-c", f"{naive}; exit $code"],
            deadline=Deadline.after(60),
            env={"PYTHONPATH": "/workspace"} if "sitecustomize.py" in FORGED[trick] else {},
        )
        return result, machine.get(["junit.xml"]).get("junit.xml", b"")


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
