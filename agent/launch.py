"""From an admitted task to an open run: its folder, and everything that the loop works with."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agent.errors import RunError
from agent.events import RunStarted
from agent.journal import Journal
from agent.models.base import Model
from agent.models.prices import price_of
from agent.models.profiles import profile_of
from agent.models.registry import open_model
from agent.offer import offer_for
from agent.repository import TargetRepository, make_target
from agent.run import Run
from agent.runs import RunFolder, run_folder
from agent.secrets import secrets_of
from agent.settings import Settings
from agent.sources import load_task_schema
from agent.state import RunState
from agent.task import Budget
from agent.trees import TreeStore
from agent.verifier.verdict import CheckResult, TestReport, Verdict
from sandbox.base import SandboxProvider, SandboxSpec
from sandbox.deadline import CancelToken, Deadline
from sandbox.session import Session
from sandbox.workspace import Workspace
from tools.base import ToolContext
from tools.blueprint.store import BlueprintStore

if TYPE_CHECKING:
    from agent.verifier.candidate import Candidate

PRODUCT_VERSION = "0.1.0"


def create_run(started: RunStarted, settings: Settings) -> RunFolder:
    """Make the run's folder, with its journal's first event, and the repository if need be.

    What a process left that was killed in here is used again.

    Raises:
        RepositoryError: the repository cannot be made.
        RunError: another process begins or began the run.
    """
    target = TargetRepository(started.repository, started.base_commit)
    make_target(target)
    folder = run_folder(settings.state_dir, started.run_id)
    with Journal(folder.journal) as journal:
        if journal.events:
            raise RunError(f"run {started.run_id} began in another process meanwhile; resume it")
        TreeStore(folder.repository).borrow(target.objects)
        journal.append(secrets_of(settings, os.environ).hide_in(started))
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
    session = Session(lambda: provider.open(SandboxSpec(run_id=folder.owner)), workspace)
    store = BlueprintStore(workspace, state.frozen)
    schema = load_task_schema(started.schema_text, started.task.database_schema)
    chosen = settings.model_copy(
        update={
            "base_url": settings.base_url or started.base_url,
            "context_window": settings.context_window or started.context_window,
            "tool_mode": settings.tool_mode or started.tool_mode,
        }
    )
    profile = profile_of(started.model, chosen.context_window, chosen.tool_mode)
    offer = offer_for(profile)

    def candidate_of(files: dict[str, bytes]) -> "Candidate":
        from agent.test_history import history_of_tests  # noqa: PLC0415 - late in a run, if at all
        from agent.verifier.candidate import Candidate  # noqa: PLC0415
        from agent.verifier.predecessor import predecessor_of  # noqa: PLC0415

        base = trees.files(trees.base_tree) if trees.base_tree else {}
        return Candidate(
            files,
            state.oracle or store.load(),
            provider,
            folder.owner,
            deadline,
            predecessor_of(base),
            history_of_tests(state.failing, trees),
            state.exam.counting,
            settings.verifier.security_probes,
        )

    def verify_files(files: dict[str, bytes]) -> Verdict:
        from agent.verifier.verify import verify  # noqa: PLC0415 - as above

        tests = {path: text.encode() for path, text in started.acceptance.items()}
        return verify(candidate_of(files), tests)

    def check_security(files: dict[str, bytes]) -> CheckResult:
        from agent.verifier.security_check import run_security_check  # noqa: PLC0415 - as above

        return run_security_check(candidate_of(files))

    def run_on_nothing(tests: Mapping[str, bytes]) -> tuple[CheckResult, TestReport]:
        from agent.verifier.empty_server import run_on_nothing  # noqa: PLC0415 - as above
        from agent.verifier.independent_tests import TEST_S  # noqa: PLC0415

        return run_on_nothing(candidate_of({}), tests, test_timeout_s=TEST_S)

    return Run(
        state=state,
        journal=journal,
        model=model or open_model(started.model, chosen),
        price=price_of(started.model, settings.prices),
        budget=budget,
        tools=offer.tools,
        tool_schemas=offer.before_freeze,
        later_schemas=offer.after_freeze,
        context=ToolContext(
            workspace=workspace, session=session, blueprint=store, schema=schema, deadline=deadline
        ),
        trees=trees,
        target=target,
        branch=started.branch,
        render_opening=offer.render_opening,
        verify_files=verify_files,
        check_security=check_security,
        run_on_nothing=run_on_nothing,
        window=profile.window,
        deadline=deadline,
        secrets=secrets_of(settings, os.environ),
    )


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
