"""Writes docs/reliability.md from the tests' own tables.

python -m tests.agent.reliability FILE
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from agent import stuck
from agent.loop import MAX_BAD_IN_A_ROW
from tests.agent import (
    test_crash,
    test_crash_docker,
    test_faults,
    test_journal,
    test_planted_bugs,
)
from tests.agent.crash_boundaries import BOUNDARIES
from tests.agent.fault_matrix import FAULTS
from tests.agent.test_crash_docker import KILLS
from tests.agent.test_planted_bugs import BUGS

Row = Sequence[str]

INTRODUCTION = """# Reliability

<!-- Written by `make reliability` from the tables of the tests; a test fails when it is stale. -->

A run is an fsync'd journal, and everything else is computed from it. So a run that loses its
process anywhere goes on to the same end, and a model or an endpoint that misbehaves never makes
it a success: only the verifier does.

`make crash-matrix` kills a run at every boundary, `make crash-docker` kills a builtin run with
real containers, `make bench-faults` serves every fault, `make bench-long` measures long runs.
"""
CRASH_TEXT = """## Crashes

Two scripted runs are killed with SIGKILL at each boundary and resumed: one with a rejected
verdict, a cut observation and a shortened conversation, and one that calls every tool of the
product. Then the end, the verdicts, the calls that returned, tree, commit, every ref of the user's
repository, source archive and workspace must equal those of a run that nobody killed, with no
lock and no temporary file or folder left. Every fifth resume is killed too.

`make crash-matrix` tried 448 points on 2026-11-24, all equal. CI takes those in and after each
journal line of the first run, and every eighth of the others, from a place that moves with the day.
"""
BUG_TEXT = """
Whether this sample sees anything is tried too: `make planted-bugs` plants each of these into a copy
of the code, and the sample must find it. CI plants one a day.
"""
DOCKER_TEXT = """
With real sandboxes the builtin planner's run is killed after these events; in the end no
container with the run's label may be left. CI takes one a day.
"""
DISK_TEXT = """
## Disks, clocks, and other processes
"""
FAULT_TEXT = """## Faults of an endpoint

A real HTTP server speaks OpenAI's dialect and misbehaves, once in the middle of a run and then
for ever, through the whole loop. "Once" and "for ever" are how the run ends.
"""
PEER_TEXT = """
Other agents under the same faults, once each, and killed inside their third command and started
again (`make bench-faults`, 2026-11-24). A false success says that it is finished while work is
missing.
"""
PEERS: tuple[tuple[str, str, str, str], ...] = (
    (
        "mini-swe-agent 2.4.6",
        "29 of 34",
        "0",
        "cannot resume: begins anew, three commands run twice",
    ),
    (
        "langchain 1.4.7 create_agent, SqliteSaver",
        "16 of 34",
        "6: truncated arguments, length, content_filter, refusal, empty reply, claims to be done",
        "goes on, but runs the killed command twice without saying so",
    ),
)
STUCK_TEXT = f"""
## Runs that go in circles

One warning names the pattern, then the run ends `stuck`; so does a run that was warned of
{stuck.MAX_WARNINGS} different ones. Replies without a usable call are counted apart:
{MAX_BAD_IN_A_ROW} in a row end the run as `no_action`, or `stuck` when each held a bad call.
"""

DISKS: tuple[tuple[str, str, str], ...] = (
    (
        "disk full, read-only or broken at an fsync, rename or git command",
        "the process ends with the disk's own words; resumed, the same end",
        "test_a_disk_that_refuses_ends_the_process_and_loses_nothing",
    ),
    (
        "disk full in the middle of a journal line",
        "the torn line is dropped; resumed, the same end",
        "test_a_disk_that_fills_up_in_the_middle_of_a_line",
    ),
    (
        "journal damaged in its middle",
        "refused with the line's number, and how to save the lines before it; those resume",
        "test_damage_in_the_middle_says_what_can_be_saved_and_that_works",
    ),
    (
        "two processes on one run",
        "the second is refused; the lock dies with the first",
        "test_a_second_process_on_the_same_run_is_refused",
    ),
    (
        "killed around git's commit-tree, update-ref and fetch",
        "one commit, one branch, the same ids",
        "test_killed_around_a_git_command",
    ),
    (
        "git killed while it held a lock",
        "the lock in the run's own repository is removed",
        "test_a_lock_that_a_killed_git_left_is_in_nobodys_way",
    ),
    (
        "clock set forward, back, or to and fro",
        "no difference: time spent is counted on the monotonic clock, pauses between processes "
        "are not counted",
        "test_a_clock_that_is_set_makes_no_difference",
    ),
)
CIRCLES: tuple[tuple[str, str], ...] = (
    ("the same call with the same observation", f"{stuck.SAME_CALLS} in a row"),
    ("two calls in turns, both with the same observation", f"{stuck.ALTERNATING_CALLS} calls"),
    ("one tool failing with the same words", f"{stuck.SAME_ERRORS} in a row"),
    ("calls that all failed", f"{stuck.FAILING_CALLS} in a row"),
    ("the same tests failing after changes", f"{stuck.SAME_TEST_RUNS} test runs"),
    ("verdicts that find the same after changes", f"{stuck.SAME_VERDICTS} verdicts"),
)


def render() -> str:
    """The page."""
    crash = _test(test_crash, "test_killed_at_a_boundary_it_goes_on_to_the_same_end")
    docker = _test(test_crash_docker, "test_a_killed_builtin_run_goes_on_to_the_same_branch")
    planted = _test(test_planted_bugs, "test_a_planted_bug_is_caught")
    once = _test(test_faults, "test_a_fault_that_happens_once")
    _test(test_faults, "test_a_fault_that_never_stops")
    _test(test_journal, "test_any_cut_keeps_the_whole_lines_before_it")
    kills = [(f"{k.event}, {k.delay_s:g} s later", docker) for k in KILLS]
    faults = [
        (name, f.handling, f"`{f.once}`", f"`{f.always}`", f"{once}[{name}]")
        for name, f in FAULTS.items()
    ]
    disks = [(what, outcome, _test(test_crash, test)) for what, outcome, test in DISKS]
    parts = [
        INTRODUCTION,
        CRASH_TEXT,
        _table(("killed", "test"), [(text, crash) for text in BOUNDARIES.values()]),
        BUG_TEXT,
        _table(("planted bug", "test"), [(name, planted) for name in BUGS]),
        DOCKER_TEXT,
        _table(("killed after", "test"), kills),
        DISK_TEXT,
        _table(("what happens", "outcome", "test"), disks),
        FAULT_TEXT,
        _table(("fault", "what the run does", "once", "for ever", "test"), faults),
        PEER_TEXT,
        _table(("peer", "recovered", "false success", "after a kill"), PEERS),
        STUCK_TEXT,
        _table(("pattern", "seen after"), CIRCLES),
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _test(module: object, name: str) -> str:
    """The test's name, when there is such a test."""
    assert callable(getattr(module, name)), f"{name} is a test"
    return name


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
