"""One step of a run in full: what the model saw, what it said, and what came of it."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from agent.console.lines import Line, event_lines
from agent.console.progress import Progress
from agent.console.text import count_text, seconds_text, usd_text
from agent.errors import RunError
from agent.events import Event, ModelReplied, ToolReturned
from agent.models.base import Message, ToolCall
from agent.state import RunState
from tools.excerpt import count_of


def step_lines(events: Sequence[Event], number: int) -> Iterator[Line]:
    """The lines for that step.

    Args:
        events: all of a run's.
        number: of the step, from 1.

    Raises:
        RunError: the run has no such step.
    """
    at = [index for index, event in enumerate(events) if isinstance(event, ModelReplied)]
    if not 1 <= number <= len(at):
        raise RunError(f"there is no step {number}: the run has {count_of(len(at), 'step')}")
    index = at[number - 1]
    reply = events[index]
    assert isinstance(reply, ModelReplied), "those were looked for"
    before = RunState(list(events[:index]))
    yield from _saw(before)
    yield from _said(reply)
    after = takewhile(lambda event: not isinstance(event, ModelReplied), events[index + 1 :])
    yield from _did(before, reply, list(after))


def _saw(before: RunState) -> Iterator[Line]:
    messages = before.messages
    replies = [index for index, message in enumerate(messages) if message.role == "assistant"]
    known = replies[-1] + 1 if replies and not before.just_compacted else 0
    yield Line("info", f"the model saw {count_of(len(messages), 'message')}")
    if known:
        yield Line("more", f"the first {known} as in the steps before, and:")
    for message in messages[known:]:
        yield from _message(message)


def _message(message: Message) -> Iterator[Line]:
    answers = f" to {message.call_id}" if message.call_id else ""
    yield Line("info", f"{message.role}{answers}:")
    yield from _block(message.text)
    yield from _calls(message.calls)


def _said(reply: ModelReplied) -> Iterator[Line]:
    used = reply.usage
    cached = f" ({count_text(used.cached_tokens)} cached)" if used.cached_tokens else ""
    spent = f"{count_text(used.input_tokens)} tokens in{cached}, {count_text(used.output_tokens)}"
    spent += f" out, {usd_text(reply.cost_usd)}, {seconds_text(reply.seconds)}"
    yield Line("info", f"step {reply.step}: the model said ({reply.finish_reason}; {spent}):")
    yield from _block(reply.text)
    yield from _calls(reply.calls)


def _did(before: RunState, reply: ModelReplied, after: Sequence[Event]) -> Iterator[Line]:
    progress = Progress()
    for event in (reply, *after):
        progress.apply(event)
        if isinstance(event, ModelReplied):
            continue
        yield from event_lines(event, progress)
        if isinstance(event, ToolReturned):
            yield from _block(event.text)
            if event.tree != before.tree:
                yield Line("more", f"  tree {event.tree}")
            before.tree = event.tree


def _calls(calls: Sequence[ToolCall]) -> Iterator[Line]:
    for call in calls:
        yield Line("more", f"  call {call.id}: {call.name}")
        yield from _block(call.arguments)


def _block(text: str) -> Iterator[Line]:
    for line in text.splitlines():
        yield Line("more", f"    {line}")
