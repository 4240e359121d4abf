"""Says which parts show a requirement, or that none can."""

from collections.abc import Sequence

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.blueprint.merge import remove_parts
from tools.blueprint.model import Blueprint
from tools.blueprint.parts import named_parts
from tools.small.steps import mentioned, save_step, take_step

_Rid = Field(pattern="^R[0-9]+$")


class LinkRequirementArgs(Args):
    """Arguments of `link_requirement`."""

    requirement: str = _Rid
    parts: list[str]


def link_requirement(ctx: ToolContext, args: LinkRequirementArgs) -> Observation:
    """Say which parts show a requirement: `entity book`, `GET /books`, `field book.title`.

    Only parts whose tests would fail if the requirement were not met.
    """
    parts = _spelled(ctx.blueprint.load(), args.parts)
    return take_step(ctx, {}, {args.requirement: parts})


def _spelled(blueprint: Blueprint, names: Sequence[str]) -> list[str]:
    """A bare `book` or `book.title` is the entity or the field."""
    known = named_parts(blueprint)
    kinds = ("", "entity ", "field ", "rule ", "role ")
    return [next((kind + name for kind in kinds if kind + name in known), name) for name in names]


class SkipRequirementArgs(Args):
    """Arguments of `skip_requirement`."""

    requirement: str = _Rid
    reason: str


def skip_requirement(ctx: ToolContext, args: SkipRequirementArgs) -> Observation:
    """Say why no HTTP request could show a requirement: an introduction, a remark, a purpose."""
    blueprint = ctx.blueprint.load()
    text = " ".join(one.text for one in blueprint.requirements if one.id == args.requirement)
    if parts := mentioned(blueprint, text):
        raise ToolError(
            f"{args.requirement} is about parts of the backend, so it can be shown: "
            f"link_requirement it to those that do, of: {', '.join(parts)}"
        )
    return take_step(ctx, {"not_testable": {args.requirement: args.reason}}, {})


class RemovePartArgs(Args):
    """Arguments of `remove_part`."""

    part: str


def remove_part(ctx: ToolContext, args: RemovePartArgs) -> Observation:
    """Remove a part that the spec does not ask for: `entity book`, `GET /books`."""
    before = ctx.blueprint.load()
    removed = remove_parts(before, _spelled(before, [args.part]))
    return save_step(ctx, before, removed.blueprint)


LINK_REQUIREMENT = Tool(
    "link_requirement",
    LinkRequirementArgs,
    link_requirement,
    changes_files=True,
    phase="before_freeze",
)
SKIP_REQUIREMENT = Tool(
    "skip_requirement",
    SkipRequirementArgs,
    skip_requirement,
    changes_files=True,
    phase="before_freeze",
)
REMOVE_PART = Tool(
    "remove_part", RemovePartArgs, remove_part, changes_files=True, phase="before_freeze"
)
