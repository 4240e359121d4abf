"""`resume RUN`: go on with a run that was cut off."""

import argparse
import sys

from agent.backend_agent import BackendAgent
from agent.cli.configure import budget_of, settings_of
from agent.cli.watch import say_with, watch
from agent.console.choose import choose_console
from agent.runs import find_run, load_events
from agent.state import RunState


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    settings = settings_of(options)
    folder = find_run(settings.state_dir, options.run)
    events = load_events(folder)
    budget = budget_of(options, RunState(events).budget)
    console = choose_console(sys.stdout, sys.stderr, json=options.json, plain=options.plain)
    for event in events:
        console.recall(event)
    agent = BackendAgent(settings, progress=say_with(console))
    return watch(
        console,
        lambda cancel, on_event: agent.resume(
            folder.run_id, budget=budget, cancel=cancel, on_event=on_event
        ),
        run_id=folder.run_id,
    )
