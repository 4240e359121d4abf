"""`list`: the runs of this machine."""

import argparse
import sys

from agent.cli.configure import settings_of
from agent.console.text import one_line
from agent.runs import RunSummary, list_runs

HEADER = ("run", "started (UTC)", "status", "steps", "model", "title", "branch")


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    settings = settings_of(options)
    runs = list_runs(settings.state_dir)
    if not runs:
        sys.stdout.write(f"no runs in {settings.state_dir}\n")
        return 0
    sys.stdout.write(table_text([HEADER, *(_cells(run) for run in runs)]))
    return 0


def table_text(rows: list[tuple[str, ...]]) -> str:
    """The rows with their columns aligned by spaces."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


def _cells(run: RunSummary) -> tuple[str, ...]:
    started = run.started_at.strftime("%Y-%m-%d %H:%M") if run.started_at else "-"
    texts = (run.status, str(run.steps), run.model, run.title, run.branch or "-")
    return (run.run_id, started, *(one_line(text, 40) for text in texts))
