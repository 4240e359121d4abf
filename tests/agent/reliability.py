"""Writes docs/reliability.md from the tests' own tables.

python -m tests.agent.reliability FILE
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from agent import stuck
from agent.loop import MAX_BAD_IN_A_ROW
from tests.agent import test_crash, test_crash_docker, test_faults, test_planted_bugs
from tests.agent.crash_boundaries import BOUNDARIES
from tests.agent.fault_matrix import FAULTS
from tests.agent.measured import Measured, load
from tests.agent.provider_faults import PROVIDERS
from tests.agent.reliability_rows import BUDGETS, CIRCLES, CONTEXT, DISKS, Shown
from tests.agent.test_crash_docker import KILLS
from tests.agent.test_planted_bugs import BUGS

Row = Sequence[str]

INTRODUCTION = """# Reliability

<!-- Written by `make reliability` from the tables of the tests; a test fails when it is stale. -->

A run is an fsync'd journal, and everything else is computed from it. So a run that loses its
process anywhere goes on to the same end, and a model or an endpoint that misbehaves never makes
it a success: only the verifier does.

`make crash-matrix` kills scripted runs at every boundary, `make crash-product` a builtin run as the
product is called, `make crash-docker` the same with real containers; `make planted-bugs` tries
whether that would be seen. `make bench-faults` serves every fault, `make bench-long` measures long
runs ([benchmarks](benchmarks.md)).
"""
CRASH_TEXT = """## Crashes

Three scripted runs are killed with SIGKILL at each boundary and resumed: one with a rejected
verdict, a cut observation and a shortened conversation, one that calls every tool of the product,
and one with independent tests and disputes. Then the end, the verdicts, the calls that returned,
what examiner and judge answered, tree, commit, every ref of the user's repository, source archive
and workspace must equal those of a run that nobody killed, with no lock and no temporary file or
folder left. Every fifth resume is killed too.

`make crash-matrix` tries all points, `make crash-product` those of a builtin run. Of the scripted
runs CI takes the points in and after each journal line of the first and every eighth of the others,
of the builtin run every fortieth, from a place that moves with the day.
"""
BUG_TEXT = """
Whether this sample sees anything is tried too: `make planted-bugs` plants each of these into a copy
of the code, and the sample must find it. CI plants one a day.
"""
DOCKER_TEXT = """
With real sandboxes the builtin planner's run is killed after these events; in the end no
container with the run's label may be left. CI takes one a day.
"""
BUDGET_TEXT = """
## Budgets and attempts
"""
CONTEXT_TEXT = """
## Context and traces
"""
DISK_TEXT = """
## Disks, clocks, and other processes
"""
FAULT_TEXT = """## Faults of an endpoint

A real HTTP server speaks OpenAI's dialect and misbehaves, once in the middle of a run and then
for ever, through the whole loop. "Once" and "for ever" are how the run ends.
"""
PROVIDER_TEXT = """
The same through LangChain, with servers that speak the providers' own wire formats; a fault that a
format cannot say is left out. Every run ends as in the table above
(test_once_as_with_openai, test_for_ever_as_with_openai). Ollama's client drops `Retry-After`: there
the wait is ours. A reply of Ollama whose stream ends early, which its client takes for whole, is
asked for again (test_an_ollama_reply_that_breaks_off_is_asked_for_again).
"""
PEER_TEXT = """
Other agents under the same faults, once each, and killed inside their third command and started
again. A false success says that it is finished while work is missing. Each is run by an interpreter
that has it, in an environment of its own: `FAULTS_MINI_PYTHON` with mini-swe-agent,
`FAULTS_LANGCHAIN_PYTHON` with langchain, langchain-openai and langgraph-checkpoint-sqlite (the
peer saves itself with that, as often as it does by default).
"""
STUCK_TEXT = f"""
## Runs that go in circles

One warning names the pattern, then the run ends `stuck`; so does a run that was warned of
{stuck.MAX_WARNINGS} different ones. Replies without a usable call are counted apart:
{MAX_BAD_IN_A_ROW} in a row end the run as `no_action`, or `stuck` when each held a bad call.
"""


def render() -> str:
    """The page."""
    crash = name_of(test_crash.test_killed_at_a_boundary_it_goes_on_to_the_same_end)
    docker = name_of(test_crash_docker.test_a_killed_builtin_run_goes_on_to_the_same_branch)
    planted = name_of(test_planted_bugs.test_a_planted_bug_is_caught)
    once = name_of(test_faults.test_a_fault_that_happens_once)
    kills = [(f"{k.event}, {k.delay_s:g} s later", docker) for k in KILLS]
    faults = [
        (name, f.handling, f"`{f.once}`", f"`{f.always}`", f"{once}[{name}]")
        for name, f in FAULTS.items()
    ]
    measured = load("faults")
    parts = [
        INTRODUCTION,
        CRASH_TEXT,
        _table(("killed", "test"), [(text, crash) for text in BOUNDARIES.values()]),
        _printed("make crash-matrix", load("crashes")),
        BUG_TEXT,
        _table(("planted bug", "test"), [(name, planted) for name in BUGS]),
        DOCKER_TEXT,
        _table(("killed after", "test"), kills),
        DISK_TEXT,
        _shown(("what happens", "outcome", "test"), DISKS),
        FAULT_TEXT,
        _table(("fault", "what the run does", "once", "for ever", "test"), faults),
        PROVIDER_TEXT,
        _table(
            ("provider", "faults"),
            [(p.spec.partition(":")[0], ", ".join(p.faults)) for p in PROVIDERS.values()],
        ),
        PEER_TEXT,
        _table(("peer", "recovered", "false success", "after a kill"), _peers(measured.answer)),
        _printed("make bench-faults", measured),
        STUCK_TEXT,
        _shown(("pattern", "seen after", "test"), CIRCLES),
        BUDGET_TEXT,
        _shown(("limit", "what is held", "test"), BUDGETS),
        CONTEXT_TEXT,
        _shown(("what", "outcome", "test"), CONTEXT),
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def name_of(test: Callable[..., Any]) -> str:
    """As pytest takes it after -k."""
    return test.__name__


def _shown(head: Row, rows: Iterable[Shown]) -> str:
    return _table(head, [(row.what, row.outcome, name_of(row.test)) for row in rows])


def _peers(answer: dict[str, Any]) -> Iterator[Row]:
    """A row for each peer of a run of `make bench-faults`."""
    for name, told in answer["peers"].items():
        versions = ", ".join(f"{package} {said}" for package, said in told["versions"].items())
        fooled, kill = told["fooled_by"], told["after_a_kill"]
        twice = ", ".join(map(str, kill["steps_done_twice"]))
        yield (
            f"{name} ({versions})",
            f"{told['recovered']} of {told['faults']}",
            f"{told['false_success']}{': ' if fooled else ''}{', '.join(fooled)}",
            f"{'finished' if kill['finished'] else 'did not finish'}"
            + (f"; these commands ran twice, unsaid: {twice}" if twice else ""),
        )


def _printed(command: str, measured: Measured) -> str:
    """What a command printed, and when."""
    opening = f"\n`{command}` on {measured.on}, commit `{measured.commit}`, printed\n\n"
    return f"{opening}```json\n{json.dumps(measured.answer, indent=1)}\n```\n"


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
