"""`sandbox build`: make what untrusted code runs in."""

import argparse
import sys
import time

from agent.cli.configure import settings_of
from agent.console.text import clock_text
from sandbox.providers import make_provider


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    assert options.action == "build", "the parser knows no other action"
    started = time.monotonic()

    def progress(text: str) -> None:
        sys.stdout.write(f"{clock_text(time.monotonic() - started)}  {text}\n")
        sys.stdout.flush()

    name = options.sandbox or settings_of(options).sandbox
    make_provider(name).prepare(progress)
    progress(f"{name} is ready")
    return 0
