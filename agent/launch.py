"""From a task to an open run: all that can be wrong is found before anything is spent."""

from collections.abc import Sequence
from pathlib import Path

from agent.actions import ACTIONS, describe_tool
from agent.errors import RunError, SettingsError, SpecError
from agent.events import RunStarted
from agent.intake import read_spec
from agent.intake.problem import Problem
from agent.journal import Journal
from agent.models.base import Model
from agent.models.prices import price_of
from agent.models.registry import choose_model, open_model
from agent.opening import render_opening
from agent.repository import TargetRepository, open_target
from agent.run import Run
from agent.runs import RunFolder, new_run_id, run_folder
from agent.settings import Settings
from agent.sources import load_task_schema, read_task_sources
from agent.state import RunState
from agent.task import AgentTask, Budget
from agent.trees import TreeStore
from agent.verifier.verdict import Verdict
from prompts.render import prompt_hashes
from sandbox.base import SandboxProvider, SandboxSpec
from sandbox.deadline import CancelToken, Deadline
from sandbox.session import Session
from sandbox.workspace import Workspace
from tools.base import ToolContext
from tools.blueprint.store import BlueprintStore
from tools.defaults import DEFAULT_TOOLS

PRODUCT_VERSION = "0.1.0"


def start_run(task: AgentTask, settings: Settings, model: Model | None) -> RunFolder:
    """Check the task, make the run's folder, and write the journal's first event.

    Raises:
        UserError: naming everything that is wrong with the task; nothing was made.
    """
    if task.acceptance is not None:
        raise SettingsError("acceptance tests of your own cannot be run yet; leave them out")
    sources = read_task_sources(task)
    schema = load_task_schema(sources.schema, sources.schema_name)
    intake = read_spec(sources.spec, schema)
    _refuse(intake.problems, sources.spec_name)
    name = model.name if model else choose_model(task.model, settings).name
    budget = task.budget or settings.budget
    _check_price(name, budget, settings)
    if model is None:
        open_model(name, settings)  # so that a wrong name or key is told before anything is made
    run_id = task.task_id or new_run_id()
    slug = intake.blueprint.name.replace("_", "-")
    branch = task.branch or f"agent/{slug}-{run_id}"
    repository = (task.repository or Path.cwd() / slug).expanduser().resolve()
    target = open_target(repository, task.base_branch, branch)
    folder = run_folder(settings.state_dir, run_id)
    _lay_out(folder, target)
    with Journal(folder.journal) as journal:
        journal.append(
            RunStarted(
                run_id=run_id,
                task=task.model_copy(
                    update={"spec": sources.spec, "spec_path": None, "budget": budget}
                ),
                spec_name=sources.spec_name,
                model=name,
                base_url=settings.base_url,
                schema_text=sources.schema,
                repository=repository,
                branch=branch,
                base_commit=target.base_commit,
                prompts=prompt_hashes(),
                product_version=PRODUCT_VERSION,
            )
        )
    return folder


def open_run(
    folder: RunFolder,
    journal: Journal,
    settings: Settings,
    *,
    model: Model | None,
    provider: SandboxProvider,
    cancel: CancelToken,
) -> Run:
    """Everything that the loop works with, as the journal says it stood.

    Raises:
        UserError: the repository, the model or the price table changed for the worse.
    """
    state = RunState(journal.events)
    started = state.started
    if started is None:
        raise RunError(f"run {folder.run_id} stopped before it began; start it anew")
    budget = state.budget
    trees, workspace = TreeStore(folder.repository), Workspace(folder.workspace)
    target = TargetRepository(started.repository, started.base_commit)
    _restore(state, trees, workspace, target)
    deadline = _deadline(budget, state, cancel)
    session = Session(lambda: provider.open(SandboxSpec(run_id=folder.run_id)), workspace)
    store = BlueprintStore(workspace, state.frozen)
    schema = load_task_schema(started.schema_text, started.task.database_schema)
    chosen = settings.model_copy(update={"base_url": settings.base_url or started.base_url})

    def verify_files(files: dict[str, bytes]) -> Verdict:
        from agent.verifier.verify import verify  # noqa: PLC0415 - late in a run, if at all

        return verify(files, store.load(), provider, folder.run_id, deadline)

    return Run(
        state=state,
        journal=journal,
        model=model or open_model(started.model, chosen),
        price=price_of(started.model, settings.prices),
        budget=budget,
        tools=DEFAULT_TOOLS,
        tool_schemas=[*map(describe_tool, DEFAULT_TOOLS), *map(describe_tool, ACTIONS)],
        context=ToolContext(
            workspace=workspace, session=session, blueprint=store, schema=schema, deadline=deadline
        ),
        trees=trees,
        target=target,
        branch=started.branch,
        render_opening=render_opening,
        verify_files=verify_files,
        deadline=deadline,
    )


def _refuse(problems: Sequence[Problem], name: str) -> None:
    if problems:
        lines = [f"{name}:{p.line}: {p.reason}. {p.remedy}" for p in sorted(problems)]
        raise SpecError("\n".join(lines))


def _check_price(model: str, budget: Budget, settings: Settings) -> None:
    if budget.max_cost_usd is not None and price_of(model, settings.prices) is None:
        raise SettingsError(
            f"--max-cost-usd cannot be kept: the price of {model!r} is unknown. Add it to the "
            "settings under [prices], or limit the run with --max-tokens"
        )


def _lay_out(folder: RunFolder, target: TargetRepository) -> None:
    """Make the run's folder, with the base commit's files in its workspace."""
    try:
        folder.path.mkdir(parents=True)
    except FileExistsError as exc:
        raise RunError(
            f"run {folder.run_id} exists without a journal; remove {folder.path}"
        ) from exc
    Workspace(folder.workspace)
    TreeStore(folder.repository).borrow(target.objects)


def _restore(
    state: RunState, trees: TreeStore, workspace: Workspace, target: TargetRepository
) -> None:
    """Make the workspace what the last event that names a tree says."""
    if target.base_commit is not None:
        trees.use_base(target.base_commit)
    tree = state.tree or trees.base_tree
    if tree is not None:
        trees.restore(tree, workspace)


def _deadline(budget: Budget, state: RunState, cancel: CancelToken) -> Deadline:
    if budget.max_minutes is None:
        return Deadline(token=cancel)
    return Deadline.after(budget.max_minutes * 60 - state.active_s, cancel)
