"""The conversation's opening: what the model is told before its first step."""

from dataclasses import dataclass

from agent.events import RunStarted
from agent.intake import read_spec
from tools.base import ToolContext


@dataclass(frozen=True)
class Opening:
    """The first two messages."""

    system: str
    user: str


def render_opening(started: RunStarted, context: ToolContext) -> Opening:
    """Read the spec, save the draft Blueprint in the workspace, and say what there is to do."""
    raise AssertionError((started, context, read_spec))
