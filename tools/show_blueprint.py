"""Shows the Blueprint as compact text."""

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext
from tools.blueprint.outline import OutlinePart, outline_blueprint


class ShowBlueprintArgs(Args):
    """Arguments of `show_blueprint`."""

    part: OutlinePart = Field("all", description="Which part to show")


def show_blueprint(ctx: ToolContext, args: ShowBlueprintArgs) -> Observation:
    """Show the Blueprint (or one part): entities, endpoints with access, rules, what is missing."""
    state = "frozen" if ctx.blueprint.frozen else "draft"
    return Observation(text=f"[{state}]\n{outline_blueprint(ctx.blueprint.load(), args.part)}")


SHOW_BLUEPRINT = Tool("show_blueprint", ShowBlueprintArgs, show_blueprint)
