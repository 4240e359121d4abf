"""What is made of pytest's report; `test_tools_in_machine.py` runs the real pytest."""

from collections.abc import Callable, Sequence

import pytest

from sandbox.base import ExecResult
from sandbox.memory import Answer
from tools.base import Observation, TestCounts, ToolContext, ToolError
from tools.run_tests import MAX_DETAILED, REPORT_PATH, RunTestsArgs, run_tests

MakeContext = Callable[[Answer], ToolContext]
PASSING = '<testcase classname="tests.test_a" name="test_{0}" file="tests/test_a.py"/>'
FAILING = (
    '<testcase classname="tests.test_a" name="test_{0}" file="tests/test_a.py"><failure '
    'message="m">tests/test_a.py:{0}: in test_{0}\nE   assert {0}</failure></testcase>'
)
SKIPPED = (
    '<testcase classname="tests.test_a" name="test_{0}" file="tests/test_a.py">'
    '<skipped message="later"/></testcase>'
)


def report(*cases: str) -> bytes:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>".encode()


def pytest_ends(exit_code: int, report: bytes | None, output: str = "") -> Answer:
    """Plays a pytest run; everything else succeeds."""

    def answer(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        if "pytest" not in argv:
            return ExecResult(exit_code=0, output="")
        if report is not None:
            files[REPORT_PATH] = report
        return ExecResult(exit_code=exit_code, output=output)

    return answer


def run(make_context: MakeContext, answer: Answer) -> Observation:
    return run_tests(make_context(answer), RunTestsArgs())


def test_all_pass(make_context: MakeContext) -> None:
    cases = report(PASSING.format(1), PASSING.format(2))
    said = run(make_context, pytest_ends(0, cases, "1000 failed"))
    assert said == Observation(
        text="0 failed, 2 passed, 0 skipped in 0.0 s",
        tests=TestCounts(passed=2, failed=0, skipped=0),
    )


def test_failures_come_first_with_their_reason(make_context: MakeContext) -> None:
    cases = report(PASSING.format(1), FAILING.format(2), SKIPPED.format(3))
    said = run(make_context, pytest_ends(1, cases, "3 passed"))
    assert said == Observation(
        text=(
            "1 failed, 1 passed, 1 skipped in 0.0 s\n\nFAILED tests/test_a.py::test_2\n"
            "tests/test_a.py:2: in test_2\nE   assert 2\nskipped tests/test_a.py::test_3: later"
        ),
        ok=False,
        tests=TestCounts(passed=1, failed=1, skipped=1, failing=("tests/test_a.py::test_2",)),
    )


def test_many_failures_are_named_only(make_context: MakeContext) -> None:
    said = run(make_context, pytest_ends(1, report(*map(FAILING.format, range(60)))))
    assert said.text.count("FAILED") == MAX_DETAILED
    assert said.tests is not None
    assert said.tests.failing == tuple(f"tests/test_a.py::test_{n}" for n in range(60))
    assert "52 more failures, run them alone to see why:\ntests/test_a.py::test_8\n" in said.text
    assert said.text.endswith("\n... and 12 more")


@pytest.mark.parametrize(
    ("exit_code", "cases", "text"),
    [
        (5, report(), "0 tests were collected; exit code 5 after 0.0 s\nout"),
        (0, report(), "0 tests were collected; exit code 0 after 0.0 s\nout"),
        (
            0,
            report(SKIPPED.format(1)),
            "0 failed, 0 passed, 1 skipped in 0.0 s\nskipped tests/test_a.py::test_1: later\nout",
        ),
        (
            3,
            report(PASSING.format(1)),
            "0 failed, 1 passed, 0 skipped in 0.0 s; exit code 3 after 0.0 s\nout",
        ),
        (4, None, "no test ran: exit code 4 after 0.0 s\nout"),
        (0, None, "no test ran: exit code 0 after 0.0 s\nout"),
    ],
)
def test_what_is_no_success(
    make_context: MakeContext, exit_code: int, cases: bytes | None, text: str
) -> None:
    said = run(make_context, pytest_ends(exit_code, cases, "out"))
    assert (said.text, said.ok) == (text, False)


def test_passing_cases_never_hide_a_failed_exit(make_context: MakeContext) -> None:
    said = run(make_context, pytest_ends(1, report(PASSING.format(1))))
    assert not said.ok


def test_an_interrupted_run_says_where_and_counts_no_unfinished_test(
    make_context: MakeContext,
) -> None:
    output = "!!! KeyboardInterrupt !!!\n/workspace/tests/test_b.py:3: KeyboardInterrupt\n"
    cases = report(PASSING.format(1), PASSING.format(2))
    said = run(make_context, pytest_ends(2, cases, output))
    assert said == Observation(
        text=(
            "1 failed, 1 passed, 0 skipped in 0.0 s; interrupted at /workspace/tests/test_b.py:3\n"
            "\nBROKEN tests/test_a.py::test_2\nwas running when the tests were stopped"
        ),
        ok=False,
        tests=TestCounts(passed=1, failed=1, skipped=0, failing=("tests/test_a.py::test_2",)),
    )


def test_a_killed_machine_is_told(make_context: MakeContext) -> None:
    def answer(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        if "pytest" not in argv:
            return ExecResult(exit_code=0, output="")
        return ExecResult(exit_code=None, output="", stopped_by="output")

    said = run(make_context, answer)
    assert said.text == (
        "no test ran: the command wrote too much output and was killed after 0.0 s. The sandbox "
        "machine is gone, and with it running servers and database rows. Your files are safe; the "
        "next command gets a fresh machine."
    )


def test_a_report_that_is_none_is_refused(make_context: MakeContext) -> None:
    with pytest.raises(ToolError, match="the report is not XML"):
        run(make_context, pytest_ends(0, b"<testsuites>"))


def test_options_are_not_paths(ctx: ToolContext) -> None:
    with pytest.raises(ToolError, match="not options: '-x'"):
        run_tests(ctx, RunTestsArgs(paths=["-x"]))


def test_postgres_that_does_not_start_is_told(make_context: MakeContext) -> None:
    with pytest.raises(ToolError, match=r"PostgreSQL did not start \(exit code 1 .*\):\nno space"):
        run(make_context, lambda argv, files: ExecResult(exit_code=1, output="no space"))


def test_frozen_tests_need_a_server(make_context: MakeContext) -> None:
    def answer(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        return ExecResult(exit_code=int("create_connection" in argv[-1]), output="refused")

    with pytest.raises(ToolError, match="none runs on port 8000: start_server"):
        run_tests(make_context(answer), RunTestsArgs(paths=[".agent/acceptance"]))
