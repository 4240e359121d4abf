"""Runs something while a console shows it; Ctrl-C stops it, and every way out says what is next."""

from collections.abc import Callable

from agent.cli.exit_codes import EXIT_CODES
from agent.cli.interrupt import cancel_on_signals
from agent.console.base import Console
from agent.console.lines import Line
from agent.console.summary import COMMAND
from agent.events import Event, RunStarted
from agent.task import AgentResult
from sandbox.deadline import CancelToken

OnEvent = Callable[[Event], None]
Work = Callable[[CancelToken, OnEvent], AgentResult]


def watch(console: Console, work: Work, *, run_id: str = "", opening: str = "") -> int:
    """Run the work to its end and return the exit code.

    Args:
        console: shows the events; entered and left here.
        work: called with what stops it and what is to be told of each event.
        run_id: of the run that is resumed; "" when the first event will tell.
        opening: said when the run has started.

    Raises:
        KeyboardInterrupt, OSError: with a note that says how to go on, once a run has started.
    """

    def on_event(event: Event) -> None:
        nonlocal run_id
        console.show(event)
        if isinstance(event, RunStarted):
            run_id = event.run_id
            if opening:
                console.say(Line("info", opening))

    token = CancelToken()
    try:
        with console, cancel_on_signals(token):
            result = work(token, on_event)
            console.finish(result)
    except (KeyboardInterrupt, OSError) as exc:
        exc.add_note(f"go on: {COMMAND} resume {run_id}" if run_id else "nothing was started")
        raise
    return EXIT_CODES[result.status]


def say_with(console: Console) -> Callable[[str], None]:
    """A function that shows a text, line by line."""

    def say(text: str) -> None:
        for line in text.splitlines():
            console.say(Line("info", line))

    return say
