"""SIGKILL at every boundary of a run: `make crash-matrix` -> {"points", "equal", ...}.

    python -m tests.agent.crash_matrix [--every N --offset K]

A boundary is a moment after which the disk may look different: before and after each fsync, in the
middle of a journal line, before each rename, removal and git command, and inside a tool, a model
call, the verifier and the packaging. Each point gets a run of its own (scripted model, memory
sandbox, everything else real) in a forked process that kills itself there; a second process resumes
it. Every fifth resume is killed too, at a boundary of its own, and resumed again.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from agent.errors import AgentError
from agent.events import Committed, Compacted, RunEnded, RunResumed, VerdictReached
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
from tests.agent.kit import (
    FINISH,
    FREEZE,
    PASSED,
    REJECTED,
    TOOLS,
    UNLIMITED,
    Script,
    make_run,
    reply,
)
from tools.base import AnyTool, Args, Observation, Tool, ToolContext

WINDOW = 4_000
"""Small enough that the run's conversation is shortened once."""
SECOND_KILL = 23
"""Boundary at which every fifth resume is killed too."""
DISK_ERROR = 74
"""Exit code of a process that an OSError ended (sysexits.h: EX_IOERR)."""
AUDITED = {"os.rename", "os.remove", "subprocess.Popen"}
"""Audit events (docs.python.org/3/library/audit_events.html) that come before a change."""

BOUNDARIES = {
    "before fsync": "before each fsync (journal and git objects)",
    "journal half-written": "in the middle of each journal line",
    "after fsync": "after each fsync",
    "os.rename": "before each rename (workspace, git objects, artifacts)",
    "os.remove": "before each removal",
    "subprocess.Popen": "before each git command",
    "inside a tool": "inside a tool that has changed a file",
    "inside a model call": "while the model is asked",
    "inside the verifier": "while the verifier judges",
    "before the packaging": "after the end, before the artifacts",
    "after the packaging": "after the artifacts",
}
"""Kind of boundary -> what it is, for docs/reliability.md."""

REPLIES = [
    reply(FREEZE, ("build", {})),
    reply(text="I am done."),
    reply(("chatter", {}), ("look", {})),
    reply(("look", {}), FINISH),
    reply(("note", {"text": "mended"}), ("chatter", {}), FINISH),
]
VERDICTS = [REJECTED, PASSED]


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
    leftovers: tuple[str, ...]
    """Locks and temporary files."""


def die() -> None:
    """End this process as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Boundaries:
    """Counts the boundaries that this process passes, and does something at one of them."""

    journal: Path
    at: int | None
    act: Callable[[], None] = die
    names: list[str] = field(default_factory=list)

    def reach(self, name: str, prepare: Callable[[], None] = lambda: None) -> None:
        self.names.append(name)
        if len(self.names) == self.at:
            prepare()
            self.act()

    def watch(self) -> None:
        """From here on every fsync and audited change counts."""
        fsync = os.fsync
        written = self.journal.stat().st_size if self.journal.exists() else 0

        def watched_fsync(fd: int) -> None:
            nonlocal written
            self.reach("before fsync")
            status = os.fstat(fd)
            if self.journal.exists() and os.path.samestat(status, self.journal.stat()):
                half = (written + status.st_size) // 2
                self.reach("journal half-written", lambda: os.ftruncate(fd, half))
                written = status.st_size
            fsync(fd)
            self.reach("after fsync")

        os.fsync = watched_fsync  # type: ignore[assignment] # whoever calls it has a number
        sys.addaudithook(lambda name, _: self.reach(name) if name in AUDITED else None)


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
        answer = self.replies[self.step()]
        assert isinstance(answer, Completion), "the script has no errors"
        return answer


def work(folder: Path, boundaries: Boundaries) -> None:
    """Start the run or go on with it, to its end and its result."""

    def build(ctx: ToolContext, args: Args) -> Observation:
        """Write two files."""
        ctx.workspace.write("one.txt", b"1")
        boundaries.reach("inside a tool")
        ctx.workspace.write("two.txt", b"2")
        return Observation(text="built")

    def chatter(ctx: ToolContext, args: Args) -> Observation:
        """Say very much."""
        return Observation(text="much\n" * 3_000)

    tools: tuple[AnyTool, ...] = (
        *TOOLS,
        Tool("build", Args, build, changes_files=True),
        Tool("chatter", Args, chatter),
    )
    model = StepScript(REPLIES, boundaries=boundaries)
    run = make_run(folder, model, tools=tools, verdicts=VERDICTS)
    model.step = lambda: run.state.steps
    run.window = WINDOW
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
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Work on the run in a forked process; returns how that ended (`waitstatus_to_exitcode`).

    Args:
        folder: of the run.
        at: number of the boundary at which `act` is called.
        act: kills the process, or raises.
        prepare: called first in the process.
    """
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            prepare()
            boundaries = Boundaries(folder / "journal.jsonl", at, act)
            boundaries.watch()
            work(folder, boundaries)
            (folder / "boundaries.json").write_text(json.dumps(boundaries.names))
            code = 0
        except OSError as exc:
            code = DISK_ERROR
            (folder / "error.txt").write_text(str(exc))
        except BaseException:  # noqa: BLE001 - the process ends here
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def facts_of(folder: Path) -> Facts:
    """What a finished run left behind."""
    events = read_journal(folder / "journal.jsonl")
    end = next(e for e in reversed(events) if isinstance(e, RunEnded))
    verdicts = [e for e in events if isinstance(e, VerdictReached)]
    committed = next(e for e in reversed(events) if isinstance(e, Committed))
    files = TreeStore(folder / "repository.git").files(committed.tree)
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
        leftovers=tuple(sorted(p.name for p in folder.rglob("*") if p.suffix in {".lock", ".tmp"})),
    )


def try_point(folder: Path, kill_at: int) -> Facts | str:
    """Kill a run at that boundary and resume it; what it left, or what went wrong."""
    folder.mkdir()
    if (code := in_process(folder, kill_at)) != -signal.SIGKILL:
        return f"was not killed but ended with {code}"
    if kill_at % 5 == 0 and in_process(folder, SECOND_KILL) not in {0, -signal.SIGKILL}:
        return "the second process failed"
    return resume(folder)


def resume(folder: Path) -> Facts | str:
    """Resume a run that nobody kills any more."""
    code = in_process(folder)
    if code != 0:
        return f"the resumed run ended with {code}"
    try:
        return facts_of(folder)
    except (AgentError, StopIteration) as exc:
        return f"what it left cannot be read: {exc!r}"


@dataclass(frozen=True)
class Matrix:
    """The outcome at every point."""

    names: list[str]
    """Of all boundaries, in order."""
    unequal: dict[str, str]
    """`number name` -> what differs."""
    points: int


def run_whole(folder: Path) -> tuple[Facts, list[str]]:
    """A run that nobody kills: what it leaves, and the names of its boundaries."""
    folder.mkdir()
    assert in_process(folder) == 0, "the run works when nobody kills it"
    wanted = facts_of(folder)
    assert (wanted.reason, wanted.verdicts, wanted.shortened) == ("verified", 2, 1)
    assert wanted.leftovers == ()
    return wanted, json.loads((folder / "boundaries.json").read_text())


def run_matrix(scratch: Path, every: int = 1, offset: int = 0) -> Matrix:
    """Kill a run at each boundary, or at every N-th."""
    wanted, names = run_whole(scratch / "whole")
    unequal: dict[str, str] = {}
    numbers = range(1 + offset % every, len(names) + 1, every)
    for number in numbers:
        folder = scratch / str(number)
        got = try_point(folder, number)
        if got != wanted:
            unequal[f"{number} {names[number - 1]}"] = str(got)
        shutil.rmtree(folder)
    return Matrix(names, unequal, len(numbers))


def main() -> None:
    """Print the matrix as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        matrix = run_matrix(Path(scratch), options.every, options.offset)
    kinds = {name: matrix.names.count(name) for name in sorted(set(matrix.names))}
    answer = {
        "points": matrix.points,
        "equal": matrix.points - len(matrix.unequal),
        "unequal": matrix.unequal,
        "boundaries": kinds,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
