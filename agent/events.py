"""What happens in a run, as facts: everything else (console, cost, resume, report) reads these.

Events are frozen and name what was, in the past tense. The journal gives each its number and
links it to the one before. A changed field bumps `EVENT_SCHEMA`.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.models.base import FinishReason, ToolCall, Usage
from agent.task import AgentTask, EndReason
from agent.verifier.verdict import Verdict
from tools.base import TestCounts

EVENT_SCHEMA = 1


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class BaseEvent(BaseModel):
    """What all events share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime = Field(default_factory=utc_now)
    """UTC."""


class RunStarted(BaseEvent):
    """The first event: all that a resume needs to know."""

    kind: Literal["run_started"] = "run_started"
    event_schema: int = EVENT_SCHEMA
    run_id: str
    task: AgentTask
    """With the spec's text in it, whatever it was given as."""
    model: str
    """The model that was chosen."""
    schema_text: str | None = None
    """Content of the Database Agent's file."""
    base_commit: str | None = None
    prompts: dict[str, str] = {}
    """Prompt file -> sha256, so that a score can be traced to it."""
    product_version: str = ""


class TaskRendered(BaseEvent):
    """The conversation's opening, exactly as the model reads it."""

    kind: Literal["task_rendered"] = "task_rendered"
    system: str
    user: str
    tree: str
    """Git tree of the workspace with the draft Blueprint in it."""


class RunResumed(BaseEvent):
    """A new process took the run over; servers and database rows of before are gone."""

    kind: Literal["run_resumed"] = "run_resumed"
    task: AgentTask
    """The task as resumed: only its budget may differ from the one before."""
    repeats: str | None = None
    """Name of the tool whose call had not returned and is made again."""


class ModelReplied(BaseEvent):
    """One step: the model answered."""

    kind: Literal["model_replied"] = "model_replied"
    step: int
    """1, 2, ..."""
    text: str
    calls: tuple[ToolCall, ...]
    finish_reason: FinishReason
    usage: Usage
    cost_usd: float | None
    seconds: float


class Nudged(BaseEvent):
    """The harness answered a reply that held no usable call."""

    kind: Literal["nudged"] = "nudged"
    problem: Literal["no_call", "empty", "cut_off", "filtered", "repeating"]
    text: str


class ToolCalled(BaseEvent):
    """A call is about to be made."""

    kind: Literal["tool_called"] = "tool_called"
    call_id: str
    name: str


class ToolReturned(BaseEvent):
    """A call came back; `text` is what the model reads."""

    kind: Literal["tool_returned"] = "tool_returned"
    call_id: str
    name: str
    ok: bool
    text: str
    tree: str
    """Git tree of the workspace after the call."""
    tests: TestCounts | None = None
    seconds: float = 0.0
    usable: bool = True
    """False when the call itself was bad (unknown tool, invalid arguments): counts as an error."""


class BlueprintFrozen(BaseEvent):
    """The oracle is fixed; code may be written."""

    kind: Literal["blueprint_frozen"] = "blueprint_frozen"
    sha256: str
    blueprint: str
    """The canonical JSON text."""


class VerdictReached(BaseEvent):
    """The verifier judged a tree."""

    kind: Literal["verdict_reached"] = "verdict_reached"
    tree: str
    verdict: Verdict


class Committed(BaseEvent):
    """The verified tree is on the result branch of the user's repository."""

    kind: Literal["committed"] = "committed"
    branch: str
    commit: str
    tree: str


class RunEnded(BaseEvent):
    """The last event, unless the run is resumed."""

    kind: Literal["run_ended"] = "run_ended"
    reason: EndReason
    detail: str
    """One sentence for a person: what happened, and what to do about it."""
    work_ref: str | None = None


Event = Annotated[
    RunStarted
    | TaskRendered
    | RunResumed
    | ModelReplied
    | Nudged
    | ToolCalled
    | ToolReturned
    | BlueprintFrozen
    | VerdictReached
    | Committed
    | RunEnded,
    Field(discriminator="kind"),
]
