"""Attempts share one budget; the first verified one wins."""

from collections.abc import Sequence

import pytest

from agent.attempts import execute_attempts, remaining
from agent.models.base import Usage
from agent.task import AgentResult, AgentTask, Budget, EndReason, UnmetRequirement

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
