"""Whether a task can be run: all that can be wrong is found before anything is made or spent."""

from collections.abc import Sequence
from pathlib import Path

from agent.errors import SettingsError, SpecError
from agent.events import RunStarted
from agent.intake import Problem, read_spec
from agent.models.base import Model
from agent.models.prices import price_of
from agent.models.profiles import profile_of
from agent.models.registry import choose_model, open_model
from agent.repository import check_target
from agent.runs import new_run_id
from agent.settings import Settings
from agent.sources import Sources, load_task_schema, read_task_sources, schema_access
from agent.task import AgentTask, Budget
from prompts.render import prompt_hashes

PRODUCT_VERSION = "0.1.0"
READ_NOTHING = frozenset({"builtin", "scripted"})
"""Kinds of model that say what they would say anyway: they are no second reader of a spec."""


def admit(task: AgentTask, settings: Settings, model: Model | None) -> RunStarted:
    """The first event of the task's run, when it can be run.

    Args:
        task: as its caller wrote it.
        settings: fill what the task leaves open.
        model: used whatever the task names, if given.

    Raises:
        UserError: says what is wrong with the task, and what to do.
    """
    sources = read_task_sources(task, schema_access(settings))
    schema = load_task_schema(sources.schema, sources.schema_name)
    intake = read_spec(sources.spec, schema)
    _refuse(intake.problems, sources)
    name = model.name if model else choose_model(task.model, settings).name
    budget = task.budget or settings.budget
    _check_price(name, budget, settings)
    if model is None:
        open_model(name, settings)  # a wrong name or key is told here
    run_id = task.task_id or new_run_id()
    slug = intake.blueprint.name.replace("_", "-")
    branch = task.branch or f"agent/{slug}-{run_id}"
    target = check_target(task.repository or Path.cwd() / slug, task.base_branch, branch)
    return RunStarted(
        run_id=run_id,
        task=task.model_copy(
            update={
                "spec": sources.spec,
                "spec_path": None,
                "budget": budget,
                "sandbox": task.sandbox or settings.sandbox,
                "database_schema": sources.schema_name,
            }
        ),
        spec_name=sources.spec_name,
        model=name,
        base_url=settings.base_url,
        context_window=settings.context_window,
        tool_mode=settings.tool_mode,
        schema_text=sources.schema,
        acceptance=sources.acceptance,
        independent_tests=settings.verifier.independent_tests and _can_examine(name, settings),
        repository=target.folder,
        branch=branch,
        base_commit=target.base_commit,
        prompts=prompt_hashes(),
        product_version=PRODUCT_VERSION,
    )


def _can_examine(model: str, settings: Settings) -> bool:
    """Whether it can write tests: it reads, and has more than a small window for it."""
    profile = profile_of(model, settings.context_window)
    return model.partition(":")[0] not in READ_NOTHING and profile.prompt == "full"


def _refuse(problems: Sequence[Problem], sources: Sources) -> None:
    if problems:
        lines = [f"{sources.place(p.line)}: {p.reason}. {p.remedy}" for p in sorted(problems)]
        raise SpecError("\n".join(lines))


def _check_price(model: str, budget: Budget, settings: Settings) -> None:
    if budget.max_cost_usd is not None and price_of(model, settings.prices) is None:
        raise SettingsError(
            f"--max-cost-usd cannot be kept: the price of {model!r} is unknown. Add it to the "
            "settings under [prices], or limit the run with --max-tokens"
        )
