"""A run in a folder of the test's own: scripted model, memory sandbox, real journal and trees."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from agent.actions import ACTIONS
from agent.events import Event, RunStarted
from agent.journal import Journal
from agent.loop import drive
from agent.models.base import (
    Completion,
    FinishReason,
    Message,
    Model,
    ToolCall,
    ToolSchema,
    Usage,
)
from agent.models.prices import Price
from agent.opening import Opening
from agent.repository import check_target, make_target
from agent.run import Run, RunOnNothing
from agent.state import RunState
from agent.task import AgentTask, Budget
from agent.tool_schema import describe_tool
from agent.trees import TreeStore
from agent.verifier.inventory import list_tests
from agent.verifier.verdict import CheckResult, TestOutcome, TestReport, Verdict
from sandbox.base import SandboxSpec
from sandbox.deadline import CancelToken, Deadline
from sandbox.memory import Answer, MemoryProvider, succeed
from sandbox.session import Session
from sandbox.workspace import Workspace
from tools.base import AnyTool, Args, Observation, Tool, ToolContext
from tools.blueprint.model import Access, Blueprint, Endpoint, Requirement, Scenario, Step
from tools.blueprint.store import BlueprintStore

BLUEPRINT = Blueprint(
    name="tiny",
    title="Tiny",
    endpoints=(
        Endpoint(
            operation="custom",
            method="GET",
            path="/ping",
            access=Access(public=True),
        ),
    ),
    scenarios=(
        Scenario(
            name="ping",
            steps=(Step(method="GET", path="/ping", status=200),),
            requirements=("R1",),
        ),
    ),
    requirements=(Requirement(id="R1", text="It answers", line=1),),
)
PASSED = Verdict(passed=True, checks=(CheckResult(name="boots", status="passed"),))
REJECTED = Verdict(
    passed=False,
    checks=(CheckResult(name="boots", status="failed", detail="it does not start"),),
)


UNLIMITED = Budget(max_tokens=None, max_minutes=None)


class NoteArgs(Args):
    text: str = Field(description="what to write")


def note(ctx: ToolContext, args: NoteArgs) -> Observation:
    """Write the note file."""
    ctx.workspace.write("note.txt", args.text.encode())
    return Observation(text="written")


def look(ctx: ToolContext, args: Args) -> Observation:
    """Read the note file."""
    return Observation(text=ctx.workspace.read("note.txt").decode())


TOOLS: tuple[AnyTool, ...] = (
    Tool("note", NoteArgs, note, changes_files=True, phase="after_freeze"),
    Tool("look", Args, look),
)


def reply(
    *calls: "Call",
    text: str = "",
    finish_reason: FinishReason = "tool_calls",
    tokens: int = 10,
) -> Completion:
    """A reply with those calls: (name, arguments), the arguments as an object or raw JSON text."""
    return Completion(
        text=text,
        calls=tuple(
            ToolCall(
                id=f"c{number}",
                name=name,
                arguments=arguments if isinstance(arguments, str) else json.dumps(arguments),
            )
            for number, (name, arguments) in enumerate(calls)
        ),
        finish_reason=finish_reason if calls or finish_reason != "tool_calls" else "stop",
        usage=Usage(input_tokens=tokens, output_tokens=tokens),
    )


Call = tuple[str, object]

FREEZE: Call = ("freeze_blueprint", {})
FINISH: Call = ("finish", {"summary": "Done"})


@dataclass
class Script:
    """A model that says what it is told to, and keeps what it was asked."""

    replies: Sequence[Completion | Exception]
    name: str = "scripted"
    requests: list[list[Message]] = field(default_factory=list)
    caps: list[int | None] = field(default_factory=list)
    submissions: Sequence[Completion | Exception] = ()
    """What the examiner says, in order."""
    rulings: Mapping[str, Completion] = field(default_factory=dict)
    """Id of a disputed test -> what the judge says."""
    afresh: list[list[Message]] = field(default_factory=list)
    """What examiner and judge were asked."""

    def answer_afresh(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema]
    ) -> Completion | None:
        """The examiner's or the judge's answer; None for a step of the run."""
        names = [tool.name for tool in tools]
        if names not in (["submit_tests"], ["rule"]):
            return None
        self.afresh.append(list(messages))
        if names == ["rule"]:
            return next(said for test, said in self.rulings.items() if test in messages[1].text)
        said = self.submissions[sum(message.role == "assistant" for message in messages)]
        if isinstance(said, Exception):
            raise said
        return said

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        if (afresh := self.answer_afresh(messages, tools)) is not None:
            return afresh
        self.requests.append(list(messages))
        self.caps.append(max_output_tokens)
        step = sum(message.role == "assistant" for message in messages)
        answer = self.replies[step]
        if isinstance(answer, Exception):
            raise answer
        return answer


def make_run(
    folder: Path,
    model: Model,
    *,
    blueprint: Blueprint = BLUEPRINT,
    verdicts: Sequence[Verdict] = (PASSED,),
    budget: Budget = UNLIMITED,
    price: Price | None = None,
    tools: Sequence[AnyTool] = TOOLS,
    cancel: CancelToken | None = None,
    answer: Answer = succeed,
    on_nothing: RunOnNothing | None = None,
) -> Run:
    """Open the run in that folder, starting or resuming it as its journal says."""
    workspace = Workspace(folder / "workspace")
    journal = Journal(folder / "journal.jsonl")
    target = check_target(folder / "target", None, f"agent/new-{len(journal.events)}")
    make_target(target)
    if not journal.events:
        journal.append(
            started := RunStarted(
                run_id="r1",
                task=AgentTask(spec="It answers", budget=budget),
                model=model.name,
                repository=target.folder,
                branch="agent/tiny-r1",
                independent_tests=on_nothing is not None,
                at=datetime(2026, 1, 2, tzinfo=UTC),
            )
        )
        journal.events.append(started)
    state = RunState(journal.events)
    trees = TreeStore(folder / "repository.git")
    if state.tree is not None:
        trees.restore(state.tree, workspace)
    provider = MemoryProvider(answer)
    left = list(verdicts)[state.verdicts :]

    def open_task(started: RunStarted, context: ToolContext) -> Opening:
        context.blueprint.save_draft(blueprint)
        return Opening("system", started.task.spec or "")

    return Run(
        state=state,
        journal=journal,
        model=model,
        price=price,
        budget=budget,
        tools=tools,
        tool_schemas=[*map(describe_tool, tools), *map(describe_tool, ACTIONS)],
        context=ToolContext(
            workspace=workspace,
            session=Session(lambda: provider.open(SandboxSpec(run_id="r1")), workspace),
            blueprint=BlueprintStore(workspace, state.frozen),
        ),
        trees=trees,
        target=target,
        branch="agent/tiny-r1",
        render_opening=open_task,
        verify_files=lambda files: left.pop(0),
        check_security=lambda files: CheckResult(
            name="security", status="passed", detail=f"{len(files)} files"
        ),
        run_on_nothing=on_nothing or all_fail,
        deadline=Deadline(token=cancel or CancelToken()),
    )


def all_fail(tests: Mapping[str, bytes]) -> tuple[CheckResult, TestReport]:
    """A server that has nothing, as good tests see it."""
    outcomes = [TestOutcome(id=f"user: {t}", outcome="failed") for t in sorted(list_tests(tests))]
    return CheckResult(name="user_tests", status="failed"), TestReport.of(tuple(outcomes))


def run_to_end(run: Run) -> list[Event]:
    """Drive it and close it; returns the events after RunStarted."""
    with run.journal, closing(run.trees):
        return list(drive(run))


def kinds(events: Sequence[Event]) -> list[str]:
    """The kinds, in order."""
    return [event.kind for event in events]
