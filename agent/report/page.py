"""Renders pages: no script, nothing to load, light and dark, phone and desktop."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agent.console.text import count_text, seconds_text, usd_text
from agent.report.view import RunView
from tools.sanitize import clean_text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent


def render_run(run: RunView) -> str:
    """The page about one run."""
    return report_environment().get_template("run.html.j2").render(run=run)


@cache
def report_environment(*folders: Path) -> "Environment":
    """Where pages are rendered; further folders may hold templates that use `parts.html.j2`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - slow to load

    environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clean": clean_text,
        "count": count_text,
        "duration": seconds_text,
        "usd": usd_text,
    }
    return environment
