"""Shows the Blueprint as compact text."""

from difflib import get_close_matches
from typing import cast, get_args

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.blueprint.model import Blueprint
from tools.blueprint.outline import OutlinePart, outline_blueprint
from tools.blueprint.parts import named_parts


class ShowBlueprintArgs(Args):
    """Arguments of `show_blueprint`."""

    part: str = Field(
        "all",
        description=f"{', '.join(get_args(OutlinePart))}; or a part by its name, whole: "
        "`scenario buy`, `POST /orders`, `entity book`",
    )


def show_blueprint(ctx: ToolContext, args: ShowBlueprintArgs) -> Observation:
    """Show the Blueprint (or one part): entities, endpoints with access, rules, what is missing."""
    state = "frozen" if ctx.blueprint.frozen else "draft"
    return Observation(text=f"[{state}]\n{_show(ctx.blueprint.load(), args.part)}")


def _show(blueprint: Blueprint, part: str) -> str:
    if part == "conventions":
        values = blueprint.conventions.model_dump_json()
        return f"{outline_blueprint(blueprint, 'conventions')}\n{values}"
    if part in get_args(OutlinePart):
        return outline_blueprint(blueprint, cast(OutlinePart, part))
    parts = named_parts(blueprint)
    if part not in parts:
        near = get_close_matches(part, parts, n=3)
        raise ToolError(f"no part is called {part!r}; near it: {', '.join(near) or 'nothing'}")
    return parts[part].model_dump_json(indent=1, exclude_defaults=True)


SHOW_BLUEPRINT = Tool("show_blueprint", ShowBlueprintArgs, show_blueprint)
