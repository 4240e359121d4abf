"""The conversation's opening: what the model is told before its first step."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.events import RunStarted
from agent.intake import Problem, read_spec
from prompts.render import render
from sandbox.image import image_packages
from tools.base import ToolContext
from tools.blueprint.model import Blueprint, Requirement
from tools.blueprint.outline import outline_blueprint
from tools.run_command import MAX_COMMAND_S

PYTHON_VERSION = "3.11"
"""Of the sandbox's image."""
MAX_SCHEMA_CHARS = 8_000
"""A longer schema is only listed; `query_schema` has the rest."""


@dataclass(frozen=True)
class Opening:
    """The first two messages."""

    system: str
    user: str


def render_opening(started: RunStarted, context: ToolContext) -> Opening:
    """Read the spec, save the draft Blueprint in the workspace, and say what there is to do."""
    draft, questions = _save_draft(started, context)
    return Opening(
        system=render(
            "system.md.j2",
            python=PYTHON_VERSION,
            packages=image_packages(),
            command_timeout_s=MAX_COMMAND_S,
            independent_tests=started.independent_tests,
        ),
        user=render(
            "task.md.j2",
            spec=started.task.spec or "",
            spec_name=started.spec_name,
            outline=outline_blueprint(draft),
            problems=[_line(question) for question in questions],
            schema=_schema_text(started, context),
            constraints=started.task.constraints,
        ),
    )


def render_short_opening(started: RunStarted, context: ToolContext) -> Opening:
    """The same for a small window: a tenth of the words, for small steps."""
    draft, _ = _save_draft(started, context)
    return Opening(
        system=render("system_short.md.j2"),
        user=render(
            "task_short.md.j2",
            spec=started.task.spec or "",
            outline=outline_blueprint(draft),
            constraints=started.task.constraints,
        ),
    )


def _save_draft(started: RunStarted, context: ToolContext) -> tuple[Blueprint, tuple[Problem, ...]]:
    """The draft Blueprint, saved in the workspace, and what the reading could not settle."""
    spec = started.task.spec or ""
    intake = read_spec(spec, context.schema)
    first_line = len(spec.splitlines()) + 1
    draft = _with_constraints(intake.blueprint, started.task.constraints, first_line)
    context.blueprint.save_draft(draft)
    return draft, tuple(intake.questions)


def _with_constraints(draft: Blueprint, constraints: Sequence[str], first_line: int) -> Blueprint:
    """The orderer's own sentences, numbered and placed after the spec's."""
    last = len(draft.requirements)
    added = tuple(
        Requirement(id=f"R{last + number}", text=text, line=first_line + number - 1)
        for number, text in enumerate(constraints, start=1)
    )
    return draft.model_copy(update={"requirements": (*draft.requirements, *added)})


def _schema_text(started: RunStarted, context: ToolContext) -> str | None:
    text = started.schema_text
    if text is None or context.schema is None or len(text) <= MAX_SCHEMA_CHARS:
        return text
    names = ", ".join(table.name for table in context.schema.tables)
    return f"{len(context.schema.tables)} tables: {names}. Use query_schema for their columns."


def _line(problem: Problem) -> str:
    return f"line {problem.line}: {problem.reason}. {problem.remedy}"
