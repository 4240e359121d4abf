"""Which console fits: JSON lines for programs, live on a terminal, plain lines elsewhere."""

import os
from typing import TextIO

from agent.console.base import Console
from agent.console.jsonl import JsonConsole
from agent.console.plain import PlainConsole, can_write

LIVE_CHARACTERS = "✓✗·→⠋"


def choose_console(out: TextIO, notes: TextIO, *, json: bool, plain: bool) -> Console:
    """The console for these streams and options.

    Args:
        out: standard output.
        notes: standard error, for what is said beside JSON.
        json: events as JSON lines.
        plain: no live view, whatever the terminal can do.
    """
    if json:
        return JsonConsole(out, notes)
    if plain or not _is_capable(out):
        return PlainConsole(out)
    from rich.console import Console as RichConsole  # noqa: PLC0415 - costs every other command

    from agent.console.live import LiveConsole  # noqa: PLC0415 - imports rich

    return LiveConsole(RichConsole(file=out, highlight=False, markup=False, emoji=False))


def _is_capable(out: TextIO) -> bool:
    return (
        out.isatty()
        and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}
        and can_write(out, LIVE_CHARACTERS)
    )
