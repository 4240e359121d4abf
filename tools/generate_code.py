"""Lets the deterministic components write what the frozen Blueprint already says."""

from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.blueprint.model import Blueprint, CustomRule
from tools.blueprint.shorthand import format_access
from tools.written import describe_written

ComponentName = Literal["framework", "database", "endpoints", "auth", "tests"]


HOW_TO_WRITE = (
    "Rules go into the service.py of their resource. Routes go next to their resource; a router of "
    "its own is listed in app/routers.py, before those whose paths could take its place. Every "
    "route takes a dependency of app/access.py, errors come from app/errors.py. `outline_code app` "
    "shows every signature."
)


class GenerateCodeArgs(Args):
    """Arguments of `generate_code`."""

    components: list[ComponentName] = Field(
        list(get_args(ComponentName)), description="Which components write; default: all"
    )


def generate_code(ctx: ToolContext, args: GenerateCodeArgs) -> Observation:
    """Write the backend that the frozen Blueprint describes, and say what is left to write by hand.

    framework: app factory, settings, errors, health, Docker; database: models, session, first
    migration; endpoints: schemas and routes with pagination, ownership and the declared rules;
    auth: registration, login, refresh rotation, roles; tests: a test suite. Same Blueprint, same
    files. Edits by hand stay: what the Blueprint changes is merged into them, and where both touch
    the same lines the edit stands and you are told. A deleted file is generated again.
    """
    from tools.components.base import ComponentError  # noqa: PLC0415 - loads every template
    from tools.generation import generate  # noqa: PLC0415

    blueprint = ctx.blueprint.load()
    if blueprint.form == "free":
        raise ToolError("the spec dictates the form of this backend: write its files by hand")
    try:
        written = generate(ctx.workspace, blueprint, args.components)
    except ComponentError as error:
        raise ToolError(f"{error}. Leave that component out and write its part by hand.") from error
    return Observation(text="\n".join([*describe_written(written), *_left_to_write(blueprint)]))


def _left_to_write(blueprint: Blueprint) -> Iterator[str]:
    endpoints = [e for e in blueprint.endpoints if e.operation == "custom"]
    rules = [rule for rule in blueprint.rules if isinstance(rule, CustomRule)]
    computed = [
        (entity, field)
        for entity in blueprint.entities
        for field in entity.fields
        if field.computed and field.computed.by == "hand"
    ]
    if not endpoints and not rules and not computed:
        yield "nothing is left to write by hand; run_tests, then finish"
        return
    yield "left to write by hand, with tests:"
    for endpoint in endpoints:
        what = endpoint.description or "as the spec says"
        yield f"- {endpoint.key} [{format_access(endpoint.access)}] {endpoint.status}: {what}"
    yield from (f"- rule {rule.name}: {rule.text}" for rule in rules)
    for entity, field in computed:
        what = field.description or "as the spec says"
        yield f"- the expression of {entity.name}.{field.name} in app/computed.py: {what}"
    yield HOW_TO_WRITE


GENERATE_CODE = Tool(
    "generate_code", GenerateCodeArgs, generate_code, changes_files=True, phase="after_freeze"
)
