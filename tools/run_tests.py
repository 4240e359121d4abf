"""Runs the project's tests and reports failures first, from pytest's JUnit file."""

import re
from collections.abc import Iterator, Sequence

from pydantic import Field

from tools.backend import TEST_DATABASE, backend_environment, start_postgres
from tools.base import Args, Observation, TestCounts, Tool, ToolContext, ToolError
from tools.blueprint.model import Blueprint
from tools.excerpt import count_of, cut_middle
from tools.files import HARNESS_FOLDER
from tools.junit import Case, ReportError, parse_junit, shorten_traceback
from tools.machine import MachineCommand, Outcome, run_in_machine
from tools.tracebacks import drop_library_frames
from tools.written_tests import TESTS_FOLDER

REPORT_PATH = f"{HARNESS_FOLDER}/junit.xml"
"""Inside the sandbox only: what lies in this folder is never taken over from there."""
TEST_TIMEOUT_S = 60
MAX_DETAILED = 8
"""Failures shown with their traceback; more of them usually have the same cause."""
MAX_NAMED = 40
MAX_FAILING = 100
"""Ids that the counts carry: enough to tell one set of failures from another."""
MAX_DETAIL_CHARS = 1_500
MAX_OUTPUT_CHARS = 4_000
MAX_QUIET_CHARS = 12_000
"""pytest's own output of failing tests is kept in a file when it is longer than this."""
INTERRUPTED = re.compile(r"^(\S+:\d+): KeyboardInterrupt$", re.MULTILINE)
"""Where pytest says that it was when the time was over; a hint, never a count."""

SAME_EACH_TIME = {"PYTHONHASHSEED": "0"}
"""So that the same failure reads the same twice, for a model as for a replay."""


class RunTestsArgs(Args):
    """Arguments of `run_tests`."""

    paths: list[str] = Field(
        [], description="Files, folders or test ids (tests/test_a.py::test_b); empty: all tests"
    )
    keyword: str = Field("", description="pytest -k expression")
    timeout_s: int = Field(180, ge=5, le=600, description="Seconds until the run is stopped")


def run_tests(ctx: ToolContext, args: RunTestsArgs) -> Observation:
    """Run the project's tests with pytest against an empty PostgreSQL database, failures first."""
    if options := [path for path in args.paths if path.startswith("-")]:
        raise ToolError(f"paths are files, folders or test ids, not options: {options[0]!r}")
    blueprint = ctx.blueprint.load()
    if _are_frozen(args.paths):
        _need_server(ctx, blueprint.conventions.commands.port)
    start_postgres(ctx, TEST_DATABASE, fresh=True)
    command = MachineCommand(
        argv=_pytest(args),
        timeout_s=args.timeout_s,
        env=_environment(blueprint, args.paths),
        stop_signal="INT",
    )
    outcome = run_in_machine(ctx, command, collect=[REPORT_PATH])
    report = outcome.files.get(REPORT_PATH)
    if report is None:
        return _without_report(outcome)
    try:
        return _report(outcome, _without_unfinished(outcome, parse_junit(report)))
    except ReportError as error:
        raise ToolError(f"{error}; {outcome.ending}. Run fewer tests at once.") from error


def _environment(blueprint: Blueprint, paths: Sequence[str]) -> dict[str, str]:
    """As the backend's, and where its server is, for tests that talk to it.

    The Blueprint's own tests are not told of files: the verifier runs them in another machine.
    """
    base_url = f"http://127.0.0.1:{blueprint.conventions.commands.port}"
    known = backend_environment(blueprint, TEST_DATABASE)
    if _are_frozen(paths):
        known.pop(blueprint.conventions.environment.database_path or "", None)
    return {**known, **SAME_EACH_TIME, "BASE_URL": base_url}


def _are_frozen(paths: Sequence[str]) -> bool:
    """Whether only the Blueprint's own tests are meant, which talk to a running server."""
    return bool(paths) and all(path.startswith(TESTS_FOLDER) for path in paths)


def _need_server(ctx: ToolContext, port: int) -> None:
    connect = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
    asked = run_in_machine(ctx, MachineCommand(argv=["python", "-c", connect], timeout_s=10))
    if not asked.result.ok:
        raise ToolError(
            f"these tests talk to the server, and none runs on port {port}: start_server"
        )


def _pytest(args: RunTestsArgs) -> list[str]:
    options = ["-q", "--tb=short", "--color=no", "-p", "no:cacheprovider"]
    options += [f"--junitxml={REPORT_PATH}", "-o", "junit_family=xunit1"]
    options += [f"--timeout={TEST_TIMEOUT_S}"]
    if args.keyword:
        options += ["-k", args.keyword]
    script = f'rm -f {REPORT_PATH}; exec python -m pytest "$@"'
    return ["sh", "-c", script, "pytest", *options, *args.paths]


def _without_unfinished(outcome: Outcome, cases: list[Case]) -> list[Case]:
    """The cases, the last one broken where pytest was interrupted: JUnit shows it as passed."""
    interrupted = outcome.timed_out or INTERRUPTED.search(outcome.result.output)
    if not interrupted or not cases or cases[-1].outcome != "passed":
        return cases
    return [*cases[:-1], Case(cases[-1].id, "error", "was running when the tests were stopped")]


def _without_report(outcome: Outcome) -> Observation:
    text = f"no test ran: {outcome.ending}\n{_output(outcome)}"
    return Observation(text=text.rstrip(), ok=False)


def _output(outcome: Outcome) -> str:
    return cut_middle(drop_library_frames(outcome.result.output.strip("\n")), MAX_OUTPUT_CHARS)


def _report(outcome: Outcome, cases: Sequence[Case]) -> Observation:
    failures = [case for case in cases if case.outcome in {"failed", "error"}]
    passed = sum(case.outcome == "passed" for case in cases)
    counts = TestCounts(
        passed=passed,
        failed=len(failures),
        skipped=len(cases) - passed - len(failures),
        failing=tuple(case.id for case in failures[:MAX_FAILING]),
    )
    ok = outcome.result.ok and passed > 0 and not failures
    lines = [_summary(counts, outcome), *_failure_lines(failures), *_skip_lines(cases)]
    if not failures and not ok:
        lines.append(_output(outcome))
    output = outcome.result.output
    whole = output if failures and len(output) > MAX_QUIET_CHARS else None
    return Observation(text="\n".join(lines), ok=ok, tests=counts, whole=whole)


def _summary(counts: TestCounts, outcome: Outcome) -> str:
    total = counts.passed + counts.failed + counts.skipped
    if total == 0:
        return f"0 tests were collected; {outcome.ending}"
    text = f"{counts.failed} failed, {counts.passed} passed, {counts.skipped} skipped"
    text += f" in {outcome.result.seconds:.1f} s"
    if interrupted := INTERRUPTED.search(outcome.result.output):
        text += f"; interrupted at {interrupted[1]}"
    unexpected = outcome.result.exit_code not in ((1, 2) if counts.failed else (0,))
    return f"{text}; {outcome.ending}" if unexpected else text


def _failure_lines(failures: Sequence[Case]) -> Iterator[str]:
    for case in failures[:MAX_DETAILED]:
        yield f"\n{'BROKEN' if case.outcome == 'error' else 'FAILED'} {case.id}"
        yield cut_middle(shorten_traceback(case.detail), MAX_DETAIL_CHARS)
    rest = failures[MAX_DETAILED:]
    if rest:
        yield f"\n{count_of(len(rest), 'more failure')}, run them alone to see why:"
        yield from (case.id for case in rest[:MAX_NAMED])
    if len(rest) > MAX_NAMED:
        yield f"... and {len(rest) - MAX_NAMED} more"


def _skip_lines(cases: Sequence[Case]) -> Iterator[str]:
    for case in [case for case in cases if case.outcome == "skipped"][:MAX_DETAILED]:
        yield f"skipped {case.id}: {case.detail}"


RUN_TESTS = Tool("run_tests", RunTestsArgs, run_tests, phase="after_freeze")
