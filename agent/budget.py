"""Limits of a run, reserved before each model call and never overshot by more than that reply."""

from dataclasses import dataclass

from agent.models.prices import Price
from agent.state import RunState
from agent.task import Budget, EndReason

MIN_OUTPUT_TOKENS = 256
"""A reply with less room than this cannot hold a useful call."""


@dataclass(frozen=True)
class Reservation:
    """What the next model call may use, or why there may be none."""

    max_output_tokens: int | None = None
    """Cap of the reply; None: only the model's own."""
    exhausted: EndReason | None = None
    detail: str = ""


def reserve(state: RunState, budget: Budget, price: Price | None) -> Reservation:
    """Room for the next step."""
    if state.steps >= budget.max_steps:
        return Reservation(
            None, "budget_steps", f"the limit of {budget.max_steps} steps is reached"
        )
    return reserve_tokens(state, budget, price, state.next_input_tokens)


def reserve_tokens(
    state: RunState, budget: Budget, price: Price | None, input_tokens: int
) -> Reservation:
    """Room for a model call with that much input, of the run's conversation or outside it."""
    caps: list[int] = []
    if budget.max_tokens is not None:
        left = budget.max_tokens - state.usage.total_tokens - input_tokens
        if left < MIN_OUTPUT_TOKENS:
            needed = input_tokens + MIN_OUTPUT_TOKENS
            detail = (
                f"{state.usage.total_tokens} of {budget.max_tokens} tokens are spent, and the next "
                f"call needs {needed} at least"
            )
            return Reservation(None, "budget_tokens", detail)
        caps.append(left)
    if budget.max_cost_usd is not None and price is not None:
        left = _affordable(state, budget.max_cost_usd, price, input_tokens)
        if left < MIN_OUTPUT_TOKENS:
            detail = (
                f"${state.cost_usd or 0:.4f} of ${budget.max_cost_usd:.4f} are spent, and the rest "
                "does not pay for the next call"
            )
            return Reservation(None, "budget_cost", detail)
        caps.append(left)
    return Reservation(min(caps) if caps else None)


def _affordable(state: RunState, limit_usd: float, price: Price, input_tokens: int) -> int:
    """Output tokens that the rest of the money buys after the request's input."""
    spent = (state.cost_usd or 0) + input_tokens * price.input / 1e6
    return int((limit_usd - spent) / (price.output / 1e6)) if price.output else 2**31
