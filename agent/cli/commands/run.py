"""`run SPEC`: build a backend from a spec."""

import argparse
import sys
from functools import partial

from pydantic import ValidationError

from agent.attempts import execute_attempts
from agent.backend_agent import BackendAgent
from agent.cli.configure import budget_of, option_problems, settings_of
from agent.cli.watch import OnEvent, say_with, watch
from agent.console.choose import choose_console
from agent.errors import SettingsError
from agent.models.registry import choose_model
from agent.settings import Settings
from agent.task import AgentResult, AgentTask
from sandbox.deadline import CancelToken


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    settings = settings_of(options)
    task = task_of(options, settings)
    console = choose_console(sys.stdout, sys.stderr, json=options.json, plain=options.plain)
    agent = BackendAgent(settings, progress=say_with(console))

    def work(cancel: CancelToken, on_event: OnEvent) -> AgentResult:
        execute = partial(agent.execute_task, cancel=cancel, on_event=on_event)
        budget = task.budget or settings.budget
        return execute_attempts(execute, task, options.attempts, budget)

    return watch(console, work, opening=_why_this_model(task, settings))


def task_of(options: argparse.Namespace, settings: Settings) -> AgentTask:
    """The task that the options describe. Raises SettingsError."""
    try:
        return AgentTask(
            task_id=options.task_id,
            spec_path=options.spec,
            database_schema=str(options.schema) if options.schema else None,
            acceptance=options.acceptance,
            repository=options.repo,
            base_branch=options.base,
            branch=options.branch,
            constraints=tuple(options.constraint),
            budget=budget_of(options, settings.budget),
            model=options.model,
            sandbox=options.sandbox,
        )
    except ValidationError as exc:
        raise SettingsError(option_problems(exc)) from exc


def _why_this_model(task: AgentTask, settings: Settings) -> str:
    """Whoever named no model learns who did."""
    if task.model:
        return ""
    choice = choose_model(None, settings)
    return f"{choice.name} {choice.why}"
