"""Merges one small step into the draft Blueprint, and says what is to be done next."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from tools.base import Observation, ToolContext, ToolError
from tools.blueprint.coverage import Gap, find_gaps
from tools.blueprint.merge import add_requirements, merge_parts
from tools.blueprint.model import Blueprint, Requirement
from tools.blueprint.parts import named_parts
from tools.blueprint.validate import validate_blueprint
from tools.blueprint.words import singular
from tools.small.claims import doubts, unknown_words

MAX_PROBLEMS = 3
"""A small model mends one thing at a time."""


def take_step(
    ctx: ToolContext, update: Mapping[str, JsonValue], shows: Mapping[str, Sequence[str]]
) -> Observation:
    """Merge parts into the draft.

    Args:
        ctx: whose Blueprint changes.
        update: as `merge_parts` takes it.
        shows: R-id -> names of the parts that show it.

    Raises:
        ToolError: something did not fit; nothing was changed.
    """
    before = ctx.blueprint.load()
    merged = merge_parts(before, update)
    if unfit := [*merged.refused, *add_requirements(merged.blueprint, shows).refused]:
        raise ToolError("\n".join(["nothing was changed:", *unfit[:MAX_PROBLEMS]]))
    texts = {one.id: one for one in merged.blueprint.requirements}
    lacking = {rid: doubts(merged.blueprint, texts[rid], names) for rid, names in shows.items()}
    sound = {rid: names for rid, names in shows.items() if not lacking[rid]}
    covered = add_requirements(merged.blueprint, sound)
    if shows and not sound and not update:
        raise ToolError("\n".join(_not_shown(merged.blueprint, lacking)))
    said = save_step(ctx, before, covered.blueprint)
    return replace(said, text="\n".join([*_not_shown(merged.blueprint, lacking), said.text]))


def _not_shown(blueprint: Blueprint, lacking: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for one in blueprint.requirements:
        rid, missing = one.id, lacking.get(one.id)
        if missing and (better := _showing(blueprint, one)):
            yield f"{rid} is not shown by that. Link it to {better} instead, which says it."
        elif missing:
            yield f"{rid} is not shown by that. It wants {', '.join(missing)}: add what is missing."


def save_step(ctx: ToolContext, before: Blueprint, after: Blueprint) -> Observation:
    """Keep the draft; what changed and what is next."""
    ctx.blueprint.save_draft(after)
    return Observation(text="\n".join([_changes(before, after), *next_step(after)]))


def next_step(blueprint: Blueprint) -> Iterator[str]:
    """What is wrong, else what is missing, else the next requirement, else the freeze."""
    problems = validate_blueprint(blueprint)
    gaps = find_gaps(blueprint)
    if problems:
        yield "Mend this first:"
        yield from (
            f"- {problem.where}: {problem.what}. {problem.fix}." for problem in problems[:3]
        )
    elif bare := _without_endpoints(blueprint):
        if words := unknown_words(blueprint)[:MAX_PROBLEMS]:
            yield f"The spec often speaks of: {', '.join(words)}. Is that stored? Then add_entity."
        yield f"No endpoints yet: {', '.join(bare)}. When all entities are there: add_endpoints."
    elif gaps:
        yield from _question(blueprint, gaps)
    else:
        yield "Every requirement has proof. Next: freeze_blueprint."


def mentioned(blueprint: Blueprint, text: str) -> list[str]:
    """Names of the entities and endpoints of which a sentence seems to speak."""
    words = {singular(word) for word in re.findall(r"[a-z]+", text.lower())}
    spoken = {one.name for one in blueprint.entities if words & {one.name, *one.name.split("_")}}
    return [
        *(f"entity {name}" for name in sorted(spoken)),
        *(endpoint.key for endpoint in blueprint.endpoints if endpoint.entity in spoken),
    ]


def _showing(blueprint: Blueprint, requirement: Requirement) -> str | None:
    """A part that says all of it, if one does."""
    parts = mentioned(blueprint, requirement.text)
    return next((name for name in parts if not doubts(blueprint, requirement, [name])), None)


def _without_endpoints(blueprint: Blueprint) -> list[str]:
    """Entities that no endpoint works on; users are seen to by those of the accounts."""
    served = {endpoint.entity for endpoint in blueprint.endpoints}
    users = blueprint.auth.user_entity if blueprint.auth else None
    return [one.name for one in blueprint.entities if one.name not in {users, *served}]


def _question(blueprint: Blueprint, gaps: Sequence[Gap]) -> Iterator[str]:
    first, *others = gaps
    rid, text = first.requirement.id, first.requirement.text
    yield f'Next, {rid}: "{text}" [{first.reason}]'
    if parts := mentioned(blueprint, text):
        yield f"Do these say all of it? {', '.join(parts)}"
        yield (
            f'If one or several do: {{"action": "link_requirement", "arguments": {{"requirement": '
            f'"{rid}", "parts": ["{parts[0]}"]}}}} with exactly those. If something of it is '
            "missing, add it."
        )
    else:
        yield (
            f"If the backend must do this, add what is missing for {rid}. If it is only a remark, "
            f"skip_requirement {rid}."
        )
    if others:
        yield f"Open after that: {' '.join(gap.requirement.id for gap in others)}"


def _changes(before: Blueprint, after: Blueprint) -> str:
    old, new = named_parts(before), named_parts(after)
    changed = [name for name in new if old.get(name) != new[name] and _is_whole(name)]
    gone = [f"removed {name}" for name in old if name not in new and _is_whole(name)]
    return f"Done: {', '.join([*changed, *gone]) or 'nothing else changed'}."


def _is_whole(name: str) -> bool:
    """Fields are told as their entity."""
    return name != "auth" and not name.startswith("field ")
