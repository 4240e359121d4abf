"""Several attempts at one task: the first verified one wins, and all of them spend one budget."""

from collections.abc import Callable, Sequence

from agent.models.base import Usage
from agent.task import AgentResult, AgentTask, Budget, EndReason

ANOTHER_MAY_HELP: frozenset[EndReason] = frozenset({"unmet", "stuck", "no_action"})
"""Ends that another conversation may avoid; the others are about budgets, machines and users."""
TASK_ID_CHARS = 60
"""Leaves room for the number of an attempt."""


def execute_attempts(
    execute: Callable[[AgentTask], AgentResult], task: AgentTask, attempts: int, budget: Budget
) -> AgentResult:
    """The first verified result, else the one with the fewest unmet requirements.

    Each attempt is a run of its own, with a branch only if it is verified. Usage, cost, steps and
    seconds of the result are those of all attempts together.

    Args:
        execute: runs a task to its end.
        task: with a `task_id`, later attempts are `<task_id>-2` and so on.
        attempts: how many at most, from 1.
        budget: of all attempts together.
    """
    results: list[AgentResult] = []
    left: Budget | None = budget
    while left is not None and len(results) < attempts:
        result = execute(_numbered(task, len(results) + 1, left))
        results.append(result)
        if result.status not in ANOTHER_MAY_HELP:
            break
        left = remaining(left, result)
    last = results[-1]
    best = last if last.status == "verified" else min(results, key=lambda r: len(r.unmet))
    return best if len(results) == 1 else _with_sums(best, results)


def remaining(budget: Budget, result: AgentResult) -> Budget | None:
    """What the attempt left of the budget; None when there is too little for another."""
    minutes, tokens, cost = budget.max_minutes, budget.max_tokens, budget.max_cost_usd
    left = {
        "max_steps": budget.max_steps - result.steps,
        "max_tokens": None if tokens is None else tokens - result.usage.total_tokens,
        "max_cost_usd": None if cost is None else cost - (result.cost_usd or 0),
        "max_minutes": None if minutes is None else round(minutes - result.seconds / 60, 2),
    }
    if any(value is not None and value <= 0 for value in left.values()):
        return None
    return Budget.model_validate(left)


def _numbered(task: AgentTask, number: int, budget: Budget) -> AgentTask:
    name = task.task_id
    if name is not None and number > 1:
        name = f"{name[:TASK_ID_CHARS]}-{number}"
    return task.model_copy(update={"task_id": name, "budget": budget})


def _with_sums(best: AgentResult, results: Sequence[AgentResult]) -> AgentResult:
    costs = [result.cost_usd for result in results]
    known = [cost for cost in costs if cost is not None]
    return best.model_copy(
        update={
            "usage": sum((result.usage for result in results), Usage()),
            "cost_usd": sum(known) if len(known) == len(costs) else None,
            "steps": sum(result.steps for result in results),
            "seconds": round(sum(result.seconds for result in results), 3),
        }
    )
