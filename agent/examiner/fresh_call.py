"""One call without any history, within what the run may spend."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent.budget import reserve_tokens
from agent.errors import ContextTooLong
from agent.models.base import Completion, Message, ToolSchema, estimate_tokens
from agent.models.prices import cost_usd
from agent.run import Run


class NoRoom(Exception):
    """The call was not made: the budget or the model's window is too small. A clause says why."""


@dataclass(frozen=True)
class Answer:
    """A reply and its price."""

    reply: Completion
    cost_usd: float | None
    """None when the model's price is unknown."""


def ask_afresh(
    run: Run, messages: Sequence[Message], tool: ToolSchema, *, least_left: int
) -> Answer:
    """Ask the run's model.

    Args:
        run: whose model, budget and deadline these are.
        messages: the whole conversation.
        tool: the one that it may call.
        least_left: output tokens that the budget must have room for beside the request.

    Raises:
        NoRoom: nothing was asked.
        ModelError: as `Model.complete` does.
    """
    chars = sum(message.chars for message in messages) + len(json.dumps(tool.parameters))
    room = reserve_tokens(run.state, run.budget, run.price, estimate_tokens(chars))
    if room.exhausted:
        raise NoRoom(room.detail)
    if room.max_output_tokens is not None and room.max_output_tokens < least_left:
        raise NoRoom(f"the budget has room for fewer than {least_left} tokens more")
    try:
        reply = run.model.complete(
            messages,
            [tool],
            deadline=run.deadline,
            max_output_tokens=room.max_output_tokens,
        )
    except ContextTooLong as error:
        raise NoRoom(str(error)) from error
    return Answer(reply, cost_usd(reply.usage, run.price) if run.price else None)
