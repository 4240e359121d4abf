"""`sandbox build`: make the image that untrusted code runs in."""

import argparse
import sys
import time

from agent.console.text import clock_text
from sandbox.image import ensure_image


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    assert options.action == "build", "the parser knows no other action"
    started = time.monotonic()

    def progress(text: str) -> None:
        sys.stdout.write(f"{clock_text(time.monotonic() - started)}  {text}\n")
        sys.stdout.flush()

    progress(f"image {ensure_image(progress)} is there")
    return 0
