"""`check SPEC`: what is understood of a spec, what is wrong with it and what it leaves open."""

import argparse
import sys
from collections.abc import Iterable

from agent.cli.exit_codes import USER_ACTS
from agent.intake.problem import Problem
from agent.intake.read import read_spec
from agent.settings import Settings
from agent.sources import Sources, load_task_schema, read_task_sources, schema_access
from agent.task import AgentTask
from tools.blueprint.mermaid import draw_blueprint
from tools.blueprint.outline import outline_blueprint
from tools.blueprint.store import dump_blueprint
from tools.sanitize import clean_text


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns 0, or 2 when the spec has errors."""
    schema = str(options.schema) if options.schema else None
    task = AgentTask(spec_path=options.spec, database_schema=schema)
    sources = read_task_sources(task, schema_access(Settings()))
    intake = read_spec(sources.spec, load_task_schema(sources.schema, sources.schema_name))
    if options.json:
        sys.stdout.write(dump_blueprint(intake.blueprint).decode())
    elif options.mermaid:
        sys.stdout.write(clean_text(draw_blueprint(intake.blueprint)))
    else:
        sys.stdout.write(clean_text(outline_blueprint(intake.blueprint) + "\n"))
    sys.stderr.write(clean_text(findings_text(sources, "open", intake.questions)))
    sys.stderr.write(clean_text(findings_text(sources, "error", intake.problems)))
    return USER_ACTS if intake.problems else 0


def findings_text(sources: Sources, kind: str, problems: Iterable[Problem]) -> str:
    """One line for each finding, with its place in the spec."""
    return "".join(
        f"{kind}: {sources.place(item.line)}: {item.reason}. {item.remedy}\n"
        for item in sorted(problems)
    )
