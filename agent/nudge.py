"""What the harness says to a reply that led nowhere, and to a run that goes in circles."""

from agent.events import Nudged
from agent.state import RunState
from agent.stuck import Pattern

NUDGES = {
    "length": "Your reply was cut off by the output limit, so nothing in it was done. Do it in "
    "smaller pieces: fewer calls in one reply, long files in parts.",
    "content_filter": "The provider's filter withheld your reply, so nothing in it was done. "
    "Say it differently.",
    "stop": "Your reply held no tool call, so nothing was done. Every reply needs at least one "
    "call. When the work is complete, call `finish`: only the verifier decides that it is.",
}


def nudge(state: RunState) -> Nudged:
    """The answer to a reply without a usable call."""
    reason = state.last_finish_reason
    problem = {"length": "cut_off", "content_filter": "filtered"}.get(reason, "no_call")
    return Nudged(problem=problem, text=NUDGES.get(reason, NUDGES["stop"]))


def warn_of(pattern: Pattern) -> Nudged:
    """The one warning before the run ends as `stuck`."""
    text = (
        f"You are going in circles: {pattern.text}. The same again will change nothing, and the "
        "run will end. Read what was said once more, question your assumption about the cause, "
        "and take another way: look at other files, test a smaller part, or rewrite that part. If "
        "it cannot be mended, call `finish` with give_up."
    )
    return Nudged(problem="repeating", text=text)
