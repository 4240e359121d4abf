"""The agents that can be measured: a case goes in, a backend and what its maker says come out."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from agent.backend_agent import BackendAgent
from agent.errors import JournalError, ModelError, RunError
from agent.git import run_git
from agent.journal import read_journal
from agent.models.base import Message
from agent.models.prices import cost_usd, price_of
from agent.models.registry import open_model
from agent.runs import run_folder
from agent.settings import Settings
from agent.state import RunState
from agent.task import AgentResult, AgentTask, Budget
from agent.trees import TreeStore
from evals.case import Case, read_tree
from evals.given import commit_given, given_files
from evals.mini_swe_agent import MiniTask, run_mini
from evals.plan import AgentKind, AgentSpec
from evals.prompt import describe_single_shot, describe_task, read_files
from evals.results import Submission
from evals.solution import faulty_files, solution_files
from sandbox.base import SandboxProvider, SandboxSpec
from sandbox.deadline import Deadline

INFRASTRUCTURE = frozenset({"model_error", "sandbox_error", "cancelled"})
"""Ends of our runs that say nothing about the agent."""
HIDDEN_VARIABLES = ("BASE_URL", "PYTEST_ADDOPTS")


class Delivery(NamedTuple):
    """What an agent hands over."""

    files: dict[str, bytes]
    """The backend: path -> content."""
    submission: Submission


@dataclass(frozen=True)
class Job:
    """What an agent is given."""

    case: Case
    agent: AgentSpec
    run_id: str
    """The same in every go at the same try: work that was cut off can be gone on with."""
    folder: Path
    """The agent's own; what it wrote there before it was cut off is still there."""
    budget: Budget
    settings: Settings
    provider: SandboxProvider

    @property
    def limit_s(self) -> float:
        """Wall clock."""
        minutes = self.budget.max_minutes
        return minutes * 60 if minutes else self.case.config.agent.timeout_sec


def run_agent(job: Job) -> Delivery:
    """Let the job's agent work.

    Raises:
        UserError: the agent cannot be used as it was asked for.
        SandboxError: there is no sandbox.
    """
    return AGENTS[job.agent.kind](job)


def _ours(job: Job) -> Delivery:
    settings = job.settings.model_copy(update={"state_dir": job.folder / "state"})
    repository = job.folder / "repository"
    commit_given(job.case, repository)
    task = AgentTask(
        task_id=job.run_id,
        spec=job.case.spec,
        repository=repository,
        budget=job.budget.model_copy(update={"max_minutes": job.limit_s / 60}),
        model=job.agent.model,
    )
    try:
        result = BackendAgent(settings, provider=job.provider).execute_task(task)
    except (JournalError, RunError) as error:
        return Delivery({}, Submission(status="failed", claims=False, infrastructure=str(error)))
    folder = run_folder(settings.state_dir, result.run_id)
    verdicts = RunState(read_journal(folder.journal)).verdicts
    return Delivery(_handed_over(result, folder.repository), _submission(result, verdicts))


def _handed_over(result: AgentResult, store: Path) -> dict[str, bytes]:
    """The branch's files, or those of the work that was kept."""
    kept = result.commit or result.work_ref
    if kept is None:
        return {}
    with closing(TreeStore(store)) as trees:
        return trees.files(run_git(store, "rev-parse", f"{kept}^{{tree}}"))


def _submission(result: AgentResult, verdicts: int) -> Submission:
    return Submission(
        status=result.status,
        claims=result.status == "verified",
        reason=result.reason,
        usage=result.usage,
        cost_usd=result.cost_usd,
        steps=result.steps,
        verdicts=verdicts,
        seconds=result.seconds,
        infrastructure=result.reason if result.status in INFRASTRUCTURE else "",
    )


def _oracle(job: Job) -> Delivery:
    return Delivery(solution_files(job.case), Submission(status="done", claims=True, cost_usd=0))


def _nop(job: Job) -> Delivery:
    return Delivery(given_files(job.case), Submission(status="done", claims=False, cost_usd=0))


def _fault(job: Job) -> Delivery:
    files = faulty_files(job.case, job.agent.argument)
    return Delivery(files, Submission(status="done", claims=True, cost_usd=0))


def _single_shot(job: Job) -> Delivery:
    """One call, no tools: what the model can do without an agent around it."""
    assert job.agent.model, "checked when the evaluation was planned"
    model = open_model(job.agent.model, job.settings)
    messages = [Message("user", describe_single_shot(job.case))]
    started = time.monotonic()
    try:
        reply = model.complete(messages, [], deadline=Deadline.after(job.limit_s))
    except ModelError as error:
        return Delivery({}, Submission(status="failed", claims=False, infrastructure=str(error)))
    price = price_of(job.agent.model, job.settings.prices)
    (job.folder / "reply.md").write_text(reply.text, encoding="utf-8")
    files = given_files(job.case) | read_files(reply.text)
    submission = Submission(
        status="done" if reply.finish_reason == "stop" else "failed",
        claims=reply.finish_reason == "stop",
        reason=f"{len(files)} files; the reply ended: {reply.finish_reason}",
        usage=reply.usage,
        cost_usd=cost_usd(reply.usage, price) if price else None,
        steps=1,
        seconds=time.monotonic() - started,
    )
    return Delivery(files, submission)


def _command(job: Job) -> Delivery:
    """Any program, on this machine and as this user: `{instruction}` is the file with the task.

    It works in a folder that then is the backend: empty, or a clone of the case's repository. Exit
    code 0 says that it is finished.
    """
    workspace = job.folder / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    commit_given(job.case, workspace)
    instruction = job.folder / "instruction.md"
    instruction.write_text(describe_task(job.case), encoding="utf-8")
    argv = [
        part.replace("{instruction}", str(instruction)) for part in shlex.split(job.agent.argument)
    ]
    started = time.monotonic()
    code = _run_command(argv, workspace, job)
    submission = Submission(
        status="timeout" if code is None else "done" if code == 0 else "failed",
        claims=code == 0,
        reason=f"it took longer than {job.limit_s:g} s" if code is None else f"exit code {code}",
        seconds=time.monotonic() - started,
        infrastructure=f"{argv[0]!r} cannot be run" if code in (126, 127) else "",
    )
    files = read_tree(workspace)
    return Delivery({p: c for p, c in files.items() if not p.startswith(".git/")}, submission)


def _run_command(argv: list[str], workspace: Path, job: Job) -> int | None:
    """Its exit code; None when the time was up. What it leaves running ends with the trial."""
    env = {name: value for name, value in os.environ.items() if name not in HIDDEN_VARIABLES}
    with (job.folder / "output.log").open("ab") as log:
        try:
            process = subprocess.Popen(
                argv,
                cwd=workspace,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            log.write(f"{error}\n".encode())
            return 127
        try:
            return process.wait(job.limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()


def _mini_swe_agent(job: Job) -> Delivery:
    """The package mini-swe-agent; it works in one sandbox from the case's own files."""
    assert job.agent.model, "checked when the evaluation was planned"
    task = MiniTask(
        describe_task(job.case),
        job.agent.model,
        job.folder,
        job.budget.max_steps,
        job.limit_s,
        job.settings,
    )
    with job.provider.open(SandboxSpec(run_id=job.run_id)) as sandbox:
        sandbox.put(given_files(job.case))
        submission = run_mini(task, sandbox)
        return Delivery(sandbox.get() if sandbox.alive else {}, submission)


AGENTS: dict[AgentKind, Callable[[Job], Delivery]] = {
    "ours": _ours,
    "oracle": _oracle,
    "nop": _nop,
    "fault": _fault,
    "single-shot": _single_shot,
    "mini-swe-agent": _mini_swe_agent,
    "command": _command,
}
