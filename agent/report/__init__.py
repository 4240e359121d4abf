"""The page about a run: self-contained HTML, for people who would rather look than read."""

from agent.report.page import render_run
from agent.report.view import RunView, view_run

__all__ = ["RunView", "render_run", "view_run"]
