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
from agent.compaction import shorten, shorten_if_full
from agent.errors import ContextTooLong, ModelError
from agent.events import Event, ModelReplied, RunEnded, ToolCalled
from agent.examiner.examine import examine
from agent.models.base import ToolCall
from agent.models.prices import cost_usd
from agent.nudge import nudge, warn_of
from agent.run import Run
from agent.stuck import Pattern
from agent.task import EndReason
from sandbox.base import SandboxError
from tools.base import AnyTool, Observation, ToolError
from tools.dispatch import find_tool, parse_arguments, run_tool

MAX_BAD_IN_A_ROW = 4
"""Replies without a call that could be made before the run gives up."""
NO_ROOM = "Shortening it did not help: use a model with a larger window, or a shorter spec"


def drive(run: Run) -> Iterator[Event]:
    """Go on from wherever the journal stands; yields each event once it is on the disk."""
    while run.state.ended is None:
        try:
            for event in _next_events(run):
                yield run.record(event)
        except ContextTooLong as exc:
            yield run.record(_shorten_or_end(run, exc))
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
    elif end := _end_before_time(run):
        yield end
    elif state.needs_examiner:
        yield from examine(run)
    elif state.pending:
        yield from _make_call(run, state.pending[0])
    elif state.needs_nudge:
        yield nudge(state)
    elif circle := state.circles.pattern:
        yield _break_circle(run, circle)
    elif shorter := shorten_if_full(state, run.window, run.context.workspace):
        yield shorter
    else:
        yield _ask(run)


def _end_before_time(run: Run) -> Event | None:
    """The end when somebody or something stops the run here."""
    state = run.state
    if run.deadline.token.cancelled:
        return _end(run, "cancelled", "the run was cancelled")
    if state.gave_up:
        return _end(run, "unmet", state.gave_up)
    if state.bad_in_a_row >= MAX_BAD_IN_A_ROW:
        return _end_without_action(run)
    if run.deadline.over:
        return _end(run, "budget_time", f"the limit of {run.budget.max_minutes:g} minutes is over")
    return None


def _ask(run: Run) -> Event:
    """One step: the model's next reply, or the end when the budget has no room for it."""
    room = reserve(run.state, run.budget, run.price)
    if room.exhausted:
        return _end(run, room.exhausted, room.detail)
    reply = run.model.complete(
        run.state.messages,
        run.offered,
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


def _shorten_or_end(run: Run, refusal: ContextTooLong) -> Event:
    """Once between two replies: what is too long after that stays too long."""
    shorter = shorten(run.state, run.window, run.context.workspace)
    return shorter or _end(run, "model_error", f"{refusal}. {NO_ROOM}")


def _break_circle(run: Run, circle: Pattern) -> Event:
    if run.state.circles.was_warned_of(circle):
        return _end(run, "stuck", f"warned, and still: {circle.text}")
    return warn_of(circle)


def _end_without_action(run: Run) -> Event:
    if run.state.needs_nudge:
        return _end(run, "no_action", f"{MAX_BAD_IN_A_ROW} replies in a row held no usable call")
    return _end(run, "stuck", f"no call of {MAX_BAD_IN_A_ROW} replies in a row could be made")


def _end(run: Run, reason: EndReason, detail: str) -> RunEnded:
    work_ref = None if reason == "verified" else run.keep_work()
    return RunEnded(reason=reason, detail=detail, work_ref=work_ref)
