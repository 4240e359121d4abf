"""What a model is offered: tools and instructions that fit its window."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.actions import ACTIONS
from agent.models.base import ToolSchema
from agent.models.profiles import Profile
from agent.opening import render_opening, render_short_opening
from agent.run import RenderOpening
from agent.tool_schema import describe_tool
from tools.base import AnyTool
from tools.defaults import DEFAULT_TOOLS, SMALL_TOOLS


@dataclass(frozen=True)
class Offer:
    """What a run puts before its model."""

    tools: tuple[AnyTool, ...]
    before_freeze: Sequence[ToolSchema]
    after_freeze: Sequence[ToolSchema]
    render_opening: RenderOpening


def offer_for(profile: Profile) -> Offer:
    """The whole of it, or with a small window small steps, each only where it is of use."""
    if profile.prompt == "short":
        return Offer(
            SMALL_TOOLS,
            _described(SMALL_TOOLS, "before_freeze"),
            _described(SMALL_TOOLS, "after_freeze"),
            render_short_opening,
        )
    # The same all the time: a provider's cache begins with the tools.
    schemas = [*map(describe_tool, DEFAULT_TOOLS), *map(describe_tool, ACTIONS)]
    return Offer(DEFAULT_TOOLS, schemas, schemas, render_opening)


def _described(tools: Sequence[AnyTool], phase: str) -> list[ToolSchema]:
    offered = [describe_tool(tool) for tool in tools if tool.phase == phase]
    if phase == "after_freeze":
        offered += [describe_tool(tool) for tool in tools if tool.phase == "any"]
    name = "freeze_blueprint" if phase == "before_freeze" else "finish"
    return [*offered, *(describe_tool(one) for one in ACTIONS if one.name == name)]
