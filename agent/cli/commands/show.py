"""`show RUN`: the timeline of a run, or one step of it in full."""

import argparse
import sys
from collections.abc import Iterable

from agent.cli.configure import settings_of
from agent.console.lines import Line, event_lines
from agent.console.plain import PlainConsole
from agent.console.progress import Progress
from agent.console.step import step_lines
from agent.console.summary import COMMAND
from agent.console.text import clock_text
from agent.events import Event, RunEnded
from agent.runs import find_run, load_events


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    folder = find_run(settings_of(options).state_dir, options.run)
    events = load_events(folder)
    if options.step is not None:
        _print(step_lines(events, options.step))
        return 0
    _print([*timeline(events), _end(events, folder.run_id)])
    _print([Line("more", f"journal: {folder.journal}")])
    return 0


def _print(lines: Iterable[Line]) -> None:
    console = PlainConsole(sys.stdout)
    for line in lines:
        console.say(line)


def _end(events: list[Event], run_id: str) -> Line:
    last = events[-1] if events else None
    if not isinstance(last, RunEnded):
        return Line("warn", f"not ended: it is running, or was cut off ({COMMAND} resume {run_id})")
    return Line("good" if last.reason == "verified" else "bad", f"{last.reason}: {last.detail}")


def timeline(events: list[Event]) -> list[Line]:
    """The log lines of all events, each behind the time since the first event."""
    progress = Progress()
    lines: list[Line] = []
    for event in events:
        progress.apply(event)
        clock = clock_text((event.at - events[0].at).total_seconds())
        lines += [Line(line.mark, f"{clock}  {line.text}") for line in event_lines(event, progress)]
    return lines
