"""The loop: events in, events out.

    read the spec -> ask the model -> make its calls, one by one -> ask again ... until `finish`
    is called and the verifier agrees -> commit -> end

It decides from the run's state alone, and the state is a fold over the journal. So a run that was
killed anywhere goes on here as if nothing had happened: the same code starts, continues and ends.
"""

from collections.abc import Iterator
from time import monotonic

from agent.actions import ACTIONS, Action
from agent.budget import reserve
from agent.errors import ModelError
from agent.events import Event, ModelReplied, Nudged, RunEnded, ToolCalled
from agent.models.base import ToolCall
from agent.models.prices import cost_usd
from agent.run import Run
from agent.state import RunState
from agent.task import EndReason
from sandbox.base import SandboxError
from tools.base import AnyTool, Observation, ToolError
from tools.dispatch import find_tool, parse_arguments, run_tool

MAX_BAD_IN_A_ROW = 4
"""Replies without a usable call, or calls that could not be made, before the run gives up."""


def drive(run: Run) -> Iterator[Event]:
    """Go on from wherever the journal stands; yields each event once it is on the disk."""
    while run.state.ended is None:
        try:
            for event in _next_events(run):
                yield run.record(event)
        except ModelError as exc:
            if not run.deadline.over:  # else the call was only cut short
                yield run.record(_end(run, "model_error", str(exc)))
        except SandboxError as exc:
            yield run.record(_end(run, "sandbox_error", str(exc)))


def _next_events(run: Run) -> Iterator[Event]:
    state = run.state
    if state.tree is None:
        yield run.open_task()
    elif state.committed:
        yield _end(run, "verified", f"the verifier accepted it: branch {state.committed.branch}")
    elif state.accepted:
        yield run.commit()
    elif run.deadline.token.cancelled:
        yield _end(run, "cancelled", "the run was cancelled")
    elif state.gave_up:
        yield _end(run, "unmet", state.gave_up)
    elif state.bad_in_a_row >= MAX_BAD_IN_A_ROW:
        yield _end_without_action(run)
    elif run.deadline.over:
        yield _end(run, "budget_time", f"the limit of {run.budget.max_minutes:g} minutes is over")
    elif state.pending:
        yield from _make_call(run, state.pending[0])
    elif state.needs_nudge:
        yield _nudge(state)
    else:
        yield _ask(run)


def _ask(run: Run) -> Event:
    """One step: the model's next reply, or the end when the budget has no room for it."""
    room = reserve(run.state, run.budget, run.price)
    if room.exhausted:
        return _end(run, room.exhausted, room.detail)
    reply = run.model.complete(
        run.state.messages,
        run.tool_schemas,
        deadline=run.deadline,
        max_output_tokens=room.max_output_tokens,
    )
    return ModelReplied(
        step=run.state.steps + 1,
        text=reply.text,
        calls=reply.calls,
        finish_reason=reply.finish_reason,
        usage=reply.usage,
        cost_usd=cost_usd(reply.usage, run.price) if run.price else None,
        seconds=reply.seconds,
    )


def _make_call(run: Run, call: ToolCall) -> Iterator[Event]:
    """Make one call: a tool works on the workspace, an action on the run itself."""
    yield ToolCalled(call_id=call.id, name=call.name)
    started = monotonic()
    try:
        callables: tuple[AnyTool | Action, ...] = (*run.tools, *ACTIONS)
        tool = find_tool(callables, call.name)
        args = parse_arguments(tool, call.arguments)
        run.check_phase(tool.name, tool.phase)
    except ToolError as exc:
        yield run.returned(call, Observation(text=str(exc), ok=False), usable=False)
        return
    if isinstance(tool, Action):
        yield from tool.act(run, call, args)
        return
    said = run_tool(tool, run.context, args)
    if run.deadline.over:
        return  # what it says may only be that it was stopped: a resumed run makes it again
    yield run.returned(call, said, changed=tool.changes_files, seconds=monotonic() - started)


NUDGES = {
    "length": "Your reply was cut off by the output limit, so nothing in it was done. Do it in "
    "smaller pieces: fewer calls in one reply, long files in parts.",
    "content_filter": "The provider's filter withheld your reply, so nothing in it was done. "
    "Say it differently.",
    "stop": "Your reply held no tool call, so nothing was done. Every reply needs at least one "
    "call. When the work is complete, call `finish`: only the verifier decides that it is.",
}


def _nudge(state: RunState) -> Event:
    reason = state.last_finish_reason
    problem = {"length": "cut_off", "content_filter": "filtered"}.get(reason, "no_call")
    return Nudged(problem=problem, text=NUDGES.get(reason, NUDGES["stop"]))


def _end_without_action(run: Run) -> Event:
    if run.state.needs_nudge:
        return _end(run, "no_action", f"{MAX_BAD_IN_A_ROW} replies in a row held no usable call")
    return _end(run, "stuck", f"{MAX_BAD_IN_A_ROW} calls in a row could not be made")


def _end(run: Run, reason: EndReason, detail: str) -> RunEnded:
    work_ref = None if reason == "verified" else run.keep_work()
    return RunEnded(reason=reason, detail=detail, work_ref=work_ref)
