"""Attempts share one budget; the first verified one wins."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.attempts import execute_attempts, remaining
from agent.git import run_git
from agent.models.base import Completion, Message, ToolCall, ToolSchema, Usage
from agent.models.builtin import BuiltinModel
from agent.runs import list_runs
from agent.task import AgentResult, AgentTask, Budget, EndReason, UnmetRequirement
from sandbox.deadline import Deadline
from tests.agent.played_machines import PlayedMachines
from tests.agent.test_backend_agent import make_agent, make_task

BUDGET = Budget(max_steps=100, max_tokens=10_000, max_cost_usd=1.0, max_minutes=10)


def ended(status: EndReason, *, unmet: int = 0, cost: float | None = 0.25) -> AgentResult:
    return AgentResult(
        task_id=None,
        run_id=f"{status}{unmet}",
        status=status,
        reason="",
        retryable=False,
        steps=30,
        seconds=60.0,
        usage=Usage(input_tokens=1_500, output_tokens=500),
        cost_usd=cost,
        unmet=tuple(UnmetRequirement(id=f"R{n}", text="x", line=n) for n in range(unmet)),
    )


def attempt(
    results: Sequence[AgentResult], attempts: int, task_id: str | None = None
) -> tuple[AgentResult, list[AgentTask]]:
    tasks: list[AgentTask] = []

    def execute(task: AgentTask) -> AgentResult:
        tasks.append(task)
        return results[len(tasks) - 1]

    task = AgentTask(spec="x", task_id=task_id)
    return execute_attempts(execute, task, attempts, BUDGET), tasks


def test_one_attempt_is_just_the_run() -> None:
    result, tasks = attempt([ended("stuck")], 1, "job")
    assert result == ended("stuck")
    assert [(task.task_id, task.budget) for task in tasks] == [("job", BUDGET)]


def test_the_first_verified_one_wins_and_all_is_counted() -> None:
    results = [ended("unmet", unmet=1), ended("verified"), ended("verified")]
    result, tasks = attempt(results, 3, "job")
    assert (result.run_id, result.status) == ("verified0", "verified")
    assert (result.steps, result.seconds, result.cost_usd) == (60, 120.0, 0.5)
    assert result.usage.total_tokens == 4_000
    assert [task.task_id for task in tasks] == ["job", "job-2"]
    assert tasks[1].budget == Budget(
        max_steps=70, max_tokens=8_000, max_cost_usd=0.75, max_minutes=9
    )


def test_without_a_verified_one_the_best_is_kept() -> None:
    results = [ended("unmet", unmet=3), ended("stuck", unmet=1), ended("no_action", unmet=5)]
    result, tasks = attempt(results, 3)
    assert result.run_id == "stuck1"
    assert len(tasks) == 3
    assert [task.task_id for task in tasks] == [None] * 3


@pytest.mark.parametrize("status", ["budget_steps", "model_error", "sandbox_error", "cancelled"])
def test_ends_that_no_other_attempt_can_avoid_are_final(status: EndReason) -> None:
    _, tasks = attempt([ended(status), ended("verified")], 5)
    assert len(tasks) == 1


def test_attempts_end_with_the_budget() -> None:
    _, tasks = attempt([ended("stuck")] * 9, 9)
    assert len(tasks) == 4, "30 of 100 steps each"


def test_a_cost_that_is_unknown_once_is_unknown_in_all() -> None:
    result, _ = attempt([ended("stuck", cost=None), ended("verified")], 2)
    assert result.cost_usd is None


def test_a_limit_that_is_off_stays_off() -> None:
    free = Budget(max_steps=31, max_tokens=None, max_minutes=None)
    assert remaining(free, ended("stuck")) == Budget(max_steps=1, max_tokens=None, max_minutes=None)
    assert remaining(Budget(max_steps=30), ended("stuck")) is None


class SlowLearner:
    """Gives up in its first conversations; after them it does what the builtin planner does."""

    name = "scripted:slow-learner"

    def __init__(self, failures: int) -> None:
        self._failures = failures
        self._builtin = BuiltinModel()

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        if self._failures == 0:
            return self._builtin.complete(messages, tools, deadline=deadline)
        self._failures -= 1
        arguments = json.dumps({"summary": "no idea", "give_up": True})
        call = ToolCall(id="c", name="finish", arguments=arguments)
        usage = Usage(input_tokens=1_000, output_tokens=10)
        return Completion(text="", calls=(call,), finish_reason="tool_calls", usage=usage)


@pytest.mark.parametrize(
    ("failures", "attempts", "status"),
    [(0, 3, "verified"), (2, 3, "verified"), (3, 3, "unmet"), (1, 1, "unmet")],
)
def test_whole_runs_until_one_is_verified(
    tmp_path: Path, failures: int, attempts: int, status: str
) -> None:
    agent = make_agent(tmp_path, PlayedMachines(), model=SlowLearner(failures))
    task = make_task(tmp_path, model=None)
    result = execute_attempts(agent.execute_task, task, attempts, Budget(max_steps=20))
    assert result.status == status
    runs = {run.run_id: run.status for run in list_runs(tmp_path / "state")}
    assert len(runs) == min(failures + (status == "verified"), attempts)
    assert list(runs.values()).count("verified") == (status == "verified")
    assert result.usage.input_tokens == 1_000 * min(failures, attempts)
    branches = run_git(tmp_path / "repo", "for-each-ref", "--format=%(refname)", "refs/heads")
    assert branches.split() == ([f"refs/heads/{result.branch}"] if status == "verified" else [])


def test_attempts_go_on_where_a_lost_process_left_them(tmp_path: Path) -> None:
    """A later process asks for the same task: what ended is not run again."""
    task = make_task(tmp_path, model=None)
    first = make_agent(tmp_path, PlayedMachines(), model=SlowLearner(9))
    execute_attempts(first.execute_task, task, 1, Budget(max_steps=20))
    second = make_agent(tmp_path, PlayedMachines(), model=SlowLearner(0))
    result = execute_attempts(second.execute_task, task, 2, Budget(max_steps=20))
    assert (result.status, result.run_id) == ("verified", "notes-1-2")
