"""`show RUN`: the timeline of a run."""

import argparse
import sys

from agent.cli.configure import settings_of
from agent.console.lines import Line, event_lines
from agent.console.plain import PlainConsole
from agent.console.progress import Progress
from agent.console.summary import COMMAND
from agent.console.text import clock_text
from agent.events import Event, RunEnded
from agent.runs import find_run, load_events


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    folder = find_run(settings_of(options).state_dir, options.run)
    events = load_events(folder)
    console = PlainConsole(sys.stdout)
    for line in timeline(events):
        console.say(line)
    console.say(_end(events, folder.run_id))
    console.say(Line("more", f"journal: {folder.journal}"))
    return 0


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
