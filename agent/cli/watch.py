"""Runs something while a console shows it; Ctrl-C stops it, and every way out says what is next."""

import os
import sys
from collections.abc import Callable

from agent.cli.exit_codes import CANCELLED, EXIT_CODES
from agent.cli.interrupt import cancel_on_signals
from agent.console.base import Console
from agent.console.lines import Line
from agent.console.summary import COMMAND
from agent.errors import AgentError
from agent.events import Event, RunStarted
from agent.task import AgentResult
from sandbox.base import SandboxError
from sandbox.deadline import CancelToken

OnEvent = Callable[[Event], None]
Work = Callable[[CancelToken, OnEvent], AgentResult]
STOPPING = "stopping after this step, to be resumed later; Ctrl-C again stops at once"


def watch(console: Console, work: Work, *, run_id: str = "", opening: str = "") -> int:
    """Run the work to its end and return the exit code.

    Args:
        console: shows the events; entered and left here.
        work: called with what stops it and what is to be told of each event.
        run_id: of the run that is resumed; "" when the first event will tell.
        opening: said when the run has started.

    Raises:
        AgentError, SandboxError, OSError: of the work; once a run has started, with a note that
            says how to go on.
    """
    watcher = _Watcher(console, run_id, opening)
    token = CancelToken()
    try:
        with cancel_on_signals(token, watcher.say_stopping, watcher.leave), console:
            result = work(token, watcher.on_event)
            console.finish(result)
    except (AgentError, SandboxError, OSError) as exc:
        if watcher.way_on:
            exc.add_note(watcher.way_on)
        raise
    return EXIT_CODES[result.status]


def say_with(console: Console) -> Callable[[str], None]:
    """A function that shows a text, line by line."""

    def say(text: str) -> None:
        for line in text.splitlines():
            console.say(Line("info", line))

    return say


class _Watcher:
    """Between the run and the console: knows which run it is."""

    def __init__(self, console: Console, run_id: str, opening: str) -> None:
        self._console = console
        self._run_id = run_id
        self._opening = opening

    @property
    def way_on(self) -> str:
        """What to do after a run that was cut off; "" when none had started."""
        return f"go on: {COMMAND} resume {self._run_id}" if self._run_id else ""

    def on_event(self, event: Event) -> None:
        self._console.show(event)
        if isinstance(event, RunStarted):
            self._run_id = event.run_id
            if self._opening:
                self._console.say(Line("info", self._opening))

    def say_stopping(self) -> None:
        self._console.say(Line("warn", STOPPING))

    def leave(self) -> None:
        """End this process as a kill would: the journal has all that is needed to resume."""
        self._console.__exit__(None, None, None)
        sys.stderr.write(f"stopped at once; {self.way_on or 'nothing was started'}\n")
        sys.stderr.flush()
        os._exit(CANCELLED)
