"""One run, opened: its state and everything it works with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from agent.events import Committed, Event, RunStarted, TaskRendered, ToolReturned
from agent.generations import GENERATED_REFS, generated_files, take_up
from agent.journal import Journal
from agent.models.base import Model, ToolCall, ToolSchema
from agent.models.prices import Price
from agent.opening import Opening
from agent.repository import WORK_REFS, TargetRepository, commit_tree, publish
from agent.secrets import Secrets
from agent.state import RunState
from agent.task import Budget
from agent.trees import TreeStore
from agent.verifier.verdict import CheckResult, TestReport, Verdict
from sandbox.deadline import Deadline
from tools.base import AnyTool, Observation, ToolContext, ToolError
from tools.blueprint.store import DRAFT_PATH
from tools.files import HARNESS_FOLDER

RenderOpening = Callable[[RunStarted, ToolContext], Opening]
"""Reads the spec, saves the draft Blueprint, and says what the model is told first."""
Verify = Callable[[dict[str, bytes]], Verdict]
"""Judges the files of a tree against the frozen Blueprint."""
CheckSecurity = Callable[[dict[str, bytes]], CheckResult]
"""Probes the files of a tree for security flaws."""
RunOnNothing = Callable[[Mapping[str, bytes]], tuple[CheckResult, TestReport]]
"""Runs tests (path -> content) against a server that has nothing."""


@dataclass(kw_only=True)
class Run:
    """What the loop and its actions work with."""

    state: RunState
    journal: Journal
    model: Model
    price: Price | None
    budget: Budget
    tools: Sequence[AnyTool]
    tool_schemas: Sequence[ToolSchema]
    """What the model may call."""
    later_schemas: Sequence[ToolSchema] | None = None
    """The same after the freeze; None: no change."""
    context: ToolContext
    trees: TreeStore
    target: TargetRepository
    branch: str
    render_opening: RenderOpening
    verify_files: Verify
    check_security: CheckSecurity
    run_on_nothing: RunOnNothing
    window: int | None = None
    """Tokens that one request may have; None is no limit."""
    deadline: Deadline = field(default_factory=Deadline)
    secrets: Secrets = field(default_factory=Secrets)
    """What no event may hold."""
    recorded_at: float = field(default_factory=monotonic)
    """When the last event was recorded, or the run opened; on the monotonic clock."""

    def record(self, event: Event) -> Event:
        """Put an event on the disk, with its time and without secrets, then let the state know."""
        event = self.secrets.hide_in(event)
        recorded_at, self.recorded_at = self.recorded_at, monotonic()
        event = event.model_copy(update={"after_s": round(self.recorded_at - recorded_at, 3)})
        self.journal.append(event)
        self.state.apply(event)
        return event

    def open_task(self) -> TaskRendered:
        """Read the spec, save the draft Blueprint, and render the conversation's opening."""
        take_up(self.trees, self.target, self.context.workspace)
        opening = self.render_opening(self.started, self.context)
        tree = self.trees.record(self.context.workspace)
        return TaskRendered(system=opening.system, user=opening.user, tree=tree)

    def check_phase(self, name: str, phase: str) -> None:
        """Refuse what belongs to the other side of the freeze. Raises ToolError."""
        frozen = self.state.frozen is not None and not self.state.freezing
        if phase == "before_freeze" and frozen:
            raise ToolError(f"{name} is not available: the Blueprint is frozen")
        if phase == "after_freeze" and not frozen:
            raise ToolError(
                f"{name} is not available yet: complete the Blueprint with update_blueprint, then "
                "call freeze_blueprint"
            )

    def returned(
        self,
        call: ToolCall,
        said: Observation,
        *,
        usable: bool = True,
        changed: bool = False,
        gave_up: str | None = None,
        seconds: float = 0.0,
    ) -> ToolReturned:
        """The event that ends a call."""
        changed = changed or said.kept_at is not None
        tree = self.trees.record(self.context.workspace) if changed else self.state.tree
        assert tree is not None, "a call comes after the task was opened"
        return ToolReturned(
            call_id=call.id,
            name=call.name,
            ok=said.ok,
            text=said.text,
            tree=tree,
            tests=said.tests,
            seconds=round(seconds, 3),
            usable=usable,
            kept_at=said.kept_at,
            gave_up=gave_up,
        )

    @property
    def offered(self) -> Sequence[ToolSchema]:
        """What the model may call now."""
        later = self.state.frozen is not None and self.later_schemas
        return later or self.tool_schemas

    def deliverable(self) -> str:
        """The current tree as a user gets it: without what is the harness's own."""
        assert self.state.tree is not None, "a tree is recorded when the task is opened"
        free = self.state.frozen is not None and self.state.frozen.form == "free"
        return self.trees.without(self.state.tree, HARNESS_FOLDER, *([DRAFT_PATH] if free else []))

    def verify(self, tree: str) -> Verdict:
        """The verifier's word on exactly that tree."""
        return self.verify_files(self.trees.files(tree))

    def commit(self) -> Committed:
        """Put the verified tree on the result branch. Repeating it gives the same commit."""
        last = self.state.last_verdict
        assert last is not None, "only a verified tree is committed"
        commit = self._commit_tree(last.tree, last.summary)
        self._keep_generated()
        publish(self.trees, commit, self.target, f"refs/heads/{self.branch}")
        return Committed(branch=self.branch, commit=commit, tree=last.tree)

    def keep_work(self) -> str | None:
        """Keep unverified work under a ref of ours; returns its name."""
        if self.state.tree is None:
            return None
        ref = f"{WORK_REFS}/{self.started.run_id}"
        commit = self._commit_tree(self.deliverable(), "Unverified work")
        self._keep_generated()
        publish(self.trees, commit, self.target, ref)
        return ref

    @property
    def started(self) -> RunStarted:
        """The run's first event."""
        assert self.state.started is not None, "a run starts with RunStarted"
        return self.state.started

    def _keep_generated(self) -> None:
        """Keep what the components wrote, for the next run to merge with."""
        assert self.state.tree is not None, "a tree is recorded when the task is opened"
        files = generated_files(self.trees.files(self.state.tree))
        if not files:
            return
        run_id, at = self.started.run_id, self.started.at
        message = f"What the components generated\n\nRun: {run_id}\n"
        commit = commit_tree(self.trees, self.trees.write(files), None, message, at)
        publish(self.trees, commit, self.target, f"{GENERATED_REFS}/{run_id}")

    def _commit_tree(self, tree: str, summary: str) -> str:
        message = f"{summary.strip() or 'Backend'}\n\nRun: {self.started.run_id}\n"
        parent = self.target.base_commit
        return commit_tree(self.trees, tree, parent, message, self.started.at)
