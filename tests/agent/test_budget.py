"""No sequence of replies spends more than the budget and the reply in flight."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.budget import MIN_OUTPUT_TOKENS, Reservation, reserve
from agent.events import ModelReplied, RunStarted, TaskRendered, ToolReturned
from agent.models.base import ToolCall, Usage, estimate_tokens
from agent.models.prices import Price, cost_usd
from agent.state import RunState
from agent.task import AgentTask, Budget

AT = datetime(2026, 1, 2, tzinfo=UTC)
PRICE = Price(input=2, cached_input=0.2, output=10)
TASK_CHARS = 4_000
Reply = tuple[int, int, int, int]
"""Input tokens beyond the estimate, share of them cached (percent), output tokens, and characters
of the observation that follows."""

replies = st.lists(
    st.tuples(
        st.integers(-500, 500), st.integers(0, 100), st.integers(0, 5_000), st.integers(0, 12_000)
    ),
    max_size=40,
)


def opened() -> RunState:
    task = AgentTask(spec="x")
    started = RunStarted(run_id="r", task=task, model="m", repository=Path("/x"), branch="b", at=AT)
    return RunState([started, TaskRendered(system="", user="u" * TASK_CHARS, tree="t", at=AT)])


def spend(state: RunState, reply: Reply, room: Reservation, *, obedient: bool) -> Usage:
    """One step as a provider would bill it; an obedient model keeps to the cap."""
    more_input, cached, output, chars = reply
    if obedient:
        more_input = min(more_input, 0)
        output = min(output, room.max_output_tokens or output)
    tokens = max(0, state.next_input_tokens + more_input)
    usage = Usage(input_tokens=tokens, cached_tokens=tokens * cached // 100, output_tokens=output)
    state.apply(
        ModelReplied(
            step=state.steps + 1,
            text="",
            calls=(ToolCall(id="c", name="look", arguments="{}"),),
            finish_reason="tool_calls",
            usage=usage,
            cost_usd=cost_usd(usage, PRICE),
            seconds=0,
            at=AT,
        )
    )
    returned = ToolReturned(call_id="c", name="look", ok=True, text="x" * chars, tree="t", at=AT)
    state.apply(returned)
    return usage


@given(replies, st.integers(1, 60_000))
@settings(deadline=None)
def test_tokens_are_overshot_by_the_reply_in_flight_at_most(
    sequence: list[Reply], limit: int
) -> None:
    state, budget = opened(), Budget(max_tokens=limit)
    for reply in sequence:
        room = reserve(state, budget, PRICE)
        if room.exhausted:
            assert state.usage.total_tokens + state.next_input_tokens + MIN_OUTPUT_TOKENS > limit
            break
        assert state.usage.total_tokens + state.next_input_tokens <= limit
        usage = spend(state, reply, room, obedient=False)
        assert state.usage.total_tokens <= limit + usage.total_tokens


@given(replies, st.integers(1, 60_000))
@settings(deadline=None)
def test_tokens_are_never_overshot_by_a_model_that_keeps_to_the_cap(
    sequence: list[Reply], limit: int
) -> None:
    state, budget = opened(), Budget(max_tokens=limit)
    for reply in sequence:
        room = reserve(state, budget, PRICE)
        if room.exhausted:
            break
        assert room.max_output_tokens is not None
        assert room.max_output_tokens >= MIN_OUTPUT_TOKENS
        spend(state, reply, room, obedient=True)
        assert state.usage.total_tokens <= limit


@given(replies, st.floats(1e-4, 1))
@settings(deadline=None)
def test_dollars_are_overshot_by_the_reply_in_flight_at_most(
    sequence: list[Reply], limit: float
) -> None:
    state, budget = opened(), Budget(max_tokens=None, max_cost_usd=limit)
    for reply in sequence:
        room = reserve(state, budget, PRICE)
        if room.exhausted:
            assert room.exhausted == "budget_cost"
            break
        obedient = reply[0] % 2 == 0
        usage = spend(state, reply, room, obedient=obedient)
        assert state.cost_usd is not None
        in_flight = 0 if obedient else cost_usd(usage, PRICE)
        assert state.cost_usd <= limit + in_flight + 1e-9


@given(st.integers(1, 30), st.integers(1, 40))
@settings(deadline=None)
def test_steps_are_never_overshot(limit: int, tried: int) -> None:
    state, budget = opened(), Budget(max_steps=limit, max_tokens=None)
    for _ in range(tried):
        room = reserve(state, budget, None)
        if room.exhausted:
            break
        spend(state, (0, 0, 1, 1), room, obedient=True)
    assert state.steps == min(limit, tried)


def test_all_limits_cap_the_reply_together() -> None:
    state = opened()
    budget = Budget(max_tokens=10_000, max_cost_usd=0.02)
    room = reserve(state, budget, PRICE)
    needed = estimate_tokens(TASK_CHARS)
    by_money = int((0.02 - needed * 2 / 1e6) / (10 / 1e6))
    assert room == Reservation(min(10_000 - needed, by_money))


def test_a_used_up_budget_says_what_the_next_call_needs() -> None:
    state = opened()
    room = reserve(state, Budget(max_tokens=1_200), PRICE)
    assert room == Reservation(
        None, "budget_tokens", "0 of 1200 tokens are spent, and the next call needs 1256 at least"
    )
    room = reserve(state, Budget(max_tokens=None, max_cost_usd=0.003), PRICE)
    assert room.detail == (
        "$0.0000 of $0.0030 are spent, and the rest does not pay for the next call"
    )
