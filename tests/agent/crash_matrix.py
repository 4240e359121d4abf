"""SIGKILL at every boundary of a run: `make crash-matrix` -> {"points", "equal", ...}.

    python -m tests.agent.crash_matrix [--every N --offset K] [--until-unequal] [--save]

A boundary is a moment after which the disk may look different: before and after each fsync, in the
middle of a journal line, before each rename, removal and git command, and inside a tool, a model
call, the verifier and the packaging. Each point gets a run of its own (scripted model, memory
sandbox, everything else real) in a forked process that kills itself there; a second process resumes
it. Every fifth resume is killed too, at a boundary of its own, and resumed again. There are
three runs: one with everything that the loop does, one with every tool of the product, and one with
independent tests and disputes.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from agent.errors import AgentError
from agent.events import (
    Committed,
    Compacted,
    Event,
    ExaminerReplied,
    RunEnded,
    RunResumed,
    TestDisputed,
    TestsFixed,
    ToolReturned,
    VerdictReached,
)
from agent.git import run_git
from agent.journal import read_journal
from agent.loop import drive
from agent.models.base import Completion, Message, ToolSchema
from agent.result import build_result
from agent.runs import RunFolder
from agent.task import RETRYABLE
from agent.trees import TreeStore
from agent.verifier.verdict import Verdict
from sandbox.deadline import Deadline
from tests.agent.crash_boundaries import Boundaries, die, kind_of
from tests.agent.crash_scenarios import (
    MIXED,
    SCENARIOS,
    Scenario,
    answer_with_boundary,
    with_boundaries,
)
from tests.agent.kit import UNLIMITED, Script, all_fail, make_run
from tests.agent.measured import save

SECOND_KILL = 23
"""Boundary at which every fifth resume is killed too."""
DISK_ERROR = 74
"""Exit code of a process that an OSError ended (sysexits.h: EX_IOERR)."""


class Facts(NamedTuple):
    """What a finished run left behind."""

    reason: str
    passed: bool
    verdicts: int
    shortened: int
    tree: str
    commit: str
    branches: str
    """Every ref of the user's repository, with what it points to."""
    source: str
    """Digest of the source archive."""
    files: tuple[str, ...]
    """Of the workspace, with digests."""
    calls: tuple[str, ...]
    """That returned, in order: each one once."""
    afresh: tuple[str, ...]
    """What examiner and judge answered, and what came of it: each once."""
    leftovers: tuple[str, ...]
    """Locks and temporary files."""


@dataclass
class StepScript(Script):
    """The script by the run's step, so that it goes on after the conversation was shortened."""

    boundaries: Boundaries | None = None
    step: Callable[[], int] = lambda: 0

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        assert self.boundaries is not None, "given by whoever makes it"
        self.boundaries.reach("inside a model call")
        if (afresh := self.answer_afresh(messages, tools)) is not None:
            return afresh
        answer = self.replies[self.step()]
        assert isinstance(answer, Completion), "the script has no errors"
        return answer


def work(folder: Path, scenario: Scenario, boundaries: Boundaries) -> None:
    """Start the run or go on with it, to its end and its result."""
    model = StepScript(
        scenario.replies,
        boundaries=boundaries,
        submissions=scenario.submissions,
        rulings=scenario.rulings,
    )
    run = make_run(
        folder,
        model,
        tools=[with_boundaries(tool, boundaries) for tool in scenario.tools],
        verdicts=scenario.verdicts,
        answer=answer_with_boundary(scenario.answer, boundaries),
        on_nothing=all_fail if scenario.submissions else None,
        blueprint=scenario.blueprint,
    )
    model.step = lambda: run.state.steps
    run.window = scenario.window
    run.context = replace(run.context, schema=scenario.schema)
    judge = run.verify_files

    def verify(files: dict[str, bytes]) -> Verdict:
        boundaries.reach("inside the verifier")
        return judge(files)

    run.verify_files = verify
    ended = run.state.ended
    if len(run.journal.events) > 1 and (ended is None or ended.reason in RETRYABLE):
        run.record(RunResumed(budget=UNLIMITED))
    with run.journal:
        for _ in drive(run):
            pass
    boundaries.reach("before the packaging")
    build_result(RunFolder(folder), run.state, run.trees)
    boundaries.reach("after the packaging")


def in_process(
    folder: Path,
    at: int | None = None,
    act: Callable[[], None] = die,
    *,
    scenario: Scenario = MIXED,
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Work on the run in a forked process; returns how that ended (`waitstatus_to_exitcode`).

    Args:
        folder: of the run.
        at: number of the boundary at which `act` is called.
        act: kills the process, or raises.
        scenario: what it does.
        prepare: called first in the process.
    """

    def act_at_boundary() -> None:
        keep_temporary_files_in(folder / "temporary")
        prepare()
        boundaries = Boundaries(folder / "journal.jsonl", at, act)
        boundaries.watch()
        work(folder, scenario, boundaries)
        (folder / "boundaries.json").write_text(json.dumps(boundaries.names))

    return forked(act_at_boundary)


def forked(work: Callable[[], None]) -> int:
    """Work in a forked process; returns how that ended (`waitstatus_to_exitcode`)."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except OSError:
            code = DISK_ERROR
            traceback.print_exc()
        except BaseException:  # noqa: BLE001 - the process ends here
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def keep_temporary_files_in(folder: Path) -> None:
    """Whatever this process and its children leave behind is found there."""
    folder.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None


def facts_of(folder: Path) -> Facts:
    """What a finished run left behind."""
    events = read_journal(folder / "journal.jsonl")
    end = next(e for e in reversed(events) if isinstance(e, RunEnded))
    verdicts = [e for e in events if isinstance(e, VerdictReached)]
    committed = next(e for e in reversed(events) if isinstance(e, Committed))
    with closing(TreeStore(folder / "repository.git")) as trees:
        files = trees.files(committed.tree)
    kept = sorted(path for path in (folder / "workspace").rglob("*") if path.is_file())
    assert all(
        (folder / "workspace" / path).read_bytes() == content for path, content in files.items()
    )
    source = (folder / "artifacts" / "source.tar.gz").read_bytes()
    return Facts(
        reason=end.reason,
        passed=verdicts[-1].verdict.passed,
        verdicts=len(verdicts),
        shortened=sum(isinstance(e, Compacted) for e in events),
        tree=committed.tree,
        commit=committed.commit,
        branches=run_git(folder / "target", "for-each-ref"),
        source=hashlib.sha256(source).hexdigest(),
        files=tuple(f"{p.name} {hashlib.sha256(p.read_bytes()).hexdigest()}" for p in kept),
        calls=tuple(f"{e.name} {e.ok}" for e in events if isinstance(e, ToolReturned)),
        afresh=tuple(_afresh(events)),
        leftovers=tuple(sorted(_leftovers(folder))),
    )


def _afresh(events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        match event:
            case ExaminerReplied():
                yield f"examiner {event.usage.total_tokens}"
            case TestsFixed():
                yield event.sha256
            case TestDisputed():
                yield f"{event.test} {event.ruling}"
            case _:
                pass


def _leftovers(folder: Path) -> Iterator[str]:
    yield from (path.name for path in folder.rglob("*") if path.suffix in {".lock", ".tmp"})
    yield from (path.name for path in (folder / "temporary").iterdir())


def resume(folder: Path, scenario: Scenario = MIXED) -> Facts | str:
    """Resume a run that nobody kills any more."""
    code = in_process(folder, scenario=scenario)
    if code != 0:
        return f"the resumed run ended with {code}"
    try:
        return facts_of(folder)
    except (AgentError, StopIteration, AssertionError) as exc:
        return f"what it left cannot be read: {exc!r}"


def run_whole(folder: Path, scenario: Scenario = MIXED) -> tuple[Facts, list[str]]:
    """A run that nobody kills: what it leaves, and the names of its boundaries."""
    folder.mkdir()
    assert in_process(folder, scenario=scenario) == 0, "the run works when nobody kills it"
    wanted = facts_of(folder)
    assert (wanted.reason, wanted.verdicts, wanted.shortened) == scenario.ends_with
    assert wanted.leftovers == ()
    return wanted, json.loads((folder / "boundaries.json").read_text())


def try_point(folder: Path, scenario: Scenario, kill_at: int) -> Facts | str:
    """Kill a run at that boundary and resume it; what it left, or what went wrong."""
    folder.mkdir()
    if (code := in_process(folder, kill_at, scenario=scenario)) != -signal.SIGKILL:
        return f"was not killed but ended with {code}"
    if kill_at % 5 == 0:
        code = in_process(folder, SECOND_KILL, scenario=scenario)
        if code not in {0, -signal.SIGKILL}:
            return f"the second process ended with {code}"
    return resume(folder, scenario)


def sample(
    names: Sequence[str], every: int, offset: int, always: Collection[str] = ()
) -> list[int]:
    """Numbers of the boundaries to try: those with the names in `always`, and each N-th other."""
    numbered = list(enumerate(names, start=1))
    others = [number for number, name in numbered if name not in always]
    return [
        *(number for number, name in numbered if name in always),
        *others[offset % every :: every],
    ]


@dataclass
class Matrix:
    """The outcome at every point."""

    points: int = 0
    unequal: dict[str, str] = field(default_factory=dict)
    """`scenario, number name` -> what differs."""
    kinds: Counter[str] = field(default_factory=Counter)
    """How many of each kind of boundary were tried."""


def run_matrix(scratch: Path, every: int = 1, offset: int = 0, *, until_unequal: bool) -> Matrix:
    """Kill the scenarios' runs at each boundary, or at a sample of them."""
    matrix = Matrix()
    for title, scenario in SCENARIOS.items():
        wanted, names = run_whole(scratch / title, scenario)
        for number in sample(names, every, offset, scenario.always_killed_at):
            if until_unequal and matrix.unequal:
                return matrix
            folder = scratch / f"{title}-{number}"
            got = try_point(folder, scenario, number)
            matrix.points += 1
            matrix.kinds[kind_of(names[number - 1])] += 1
            if got != wanted:
                matrix.unequal[f"{title}, {number} {names[number - 1]}"] = str(got)
            shutil.rmtree(folder)
    return matrix


def main() -> None:
    """Print the matrix as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--until-unequal", action="store_true")
    parser.add_argument("--save", action="store_true", help="keep it for docs/reliability.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        matrix = run_matrix(
            Path(scratch), options.every, options.offset, until_unequal=options.until_unequal
        )
    answer = {
        "points": matrix.points,
        "equal": matrix.points - len(matrix.unequal),
        "unequal": matrix.unequal,
        "boundaries": matrix.kinds,
    }
    if options.save:
        save("crashes", answer)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
