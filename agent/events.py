"""What happens in a run, as facts: everything else (console, cost, resume, report) reads these.

Events are frozen and name what was, in the past tense. The journal gives each its number and
links it to the one before. A changed field bumps `EVENT_SCHEMA`.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.examiner.suite import ExamSuite
from agent.models.base import FinishReason, ToolCall, Usage
from agent.models.profiles import ToolMode
from agent.task import AgentTask, Budget, EndReason
from agent.verifier.verdict import Verdict
from tools.base import TestCounts

EVENT_SCHEMA = 4
"""1: until `Compacted`, and until tools named failing tests and kept files. 2: until `after_s`.
3: until independent tests and disputes."""


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


Ruling = Literal["upheld", "withdrawn"]
"""`upheld`: the test stands. `withdrawn`: it no longer counts."""


class BaseEvent(BaseModel):
    """What all events share."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    at: datetime = Field(default_factory=utc_now)
    """UTC, by a clock that may be set."""
    after_s: float | None = None
    """Seconds of the monotonic clock that the process worked since its event before; None for
    what happens between two processes, and in journals of schema 1 and 2."""


class RunStarted(BaseEvent):
    """The first event: all that a resume needs to know."""

    kind: Literal["run_started"] = "run_started"
    event_schema: int = EVENT_SCHEMA
    run_id: str
    task: AgentTask
    """With the spec's text in it, whatever it was given as."""
    spec_name: str = "spec.md"
    """What to call the spec in messages with line numbers."""
    model: str
    """The model that was chosen."""
    schema_text: str | None = None
    """Content of the Database Agent's file."""
    acceptance: dict[str, str] = {}
    """The user's own acceptance tests: path -> text."""
    independent_tests: bool = False
    """Whether a fresh call writes tests once the Blueprint is frozen."""
    base_url: str | None = None
    """Of the model's endpoint, so that a resume finds it again."""
    context_window: int | None = None
    """What the settings said of the model's window: a resume goes on with the same tools."""
    tool_mode: ToolMode | None = None
    """What they said of how it asks for tools."""
    repository: Path
    """Absolute folder of the repository that gets the branch."""
    branch: str
    """Name of the resulting branch."""
    base_commit: str | None = None
    """What the work builds on; None in a repository without commits."""
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
    budget: Budget
    """What the run may spend in all, from here on."""


class PaidEvent(BaseEvent):
    """Base of events that a model's answer made."""

    usage: Usage
    cost_usd: float | None
    """None when the model's price is unknown."""
    seconds: float


class ModelReplied(PaidEvent):
    """One step: the model answered."""

    kind: Literal["model_replied"] = "model_replied"
    step: int
    """1, 2, ..."""
    text: str
    calls: tuple[ToolCall, ...]
    finish_reason: FinishReason


class ExaminerReplied(PaidEvent):
    """A fresh call that sees no code wrote tests, or mended those that were sent back."""

    kind: Literal["examiner_replied"] = "examiner_replied"
    text: str
    calls: tuple[ToolCall, ...]
    finish_reason: FinishReason


class TestsFixed(BaseEvent):
    """The independent tests are fixed, as far as they passed the checks."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    kind: Literal["tests_fixed"] = "tests_fixed"
    sha256: str
    suite: ExamSuite


class TestDisputed(PaidEvent):
    """The model disputed a test, and a fresh call decided."""

    __test__ = False

    kind: Literal["test_disputed"] = "test_disputed"
    test: str
    """Its id, as the verdict names it, without parameters."""
    reason: str
    """The model's."""
    ruling: Ruling
    why: str
    """The judge's."""


class Nudged(BaseEvent):
    """The harness answered a reply that held no usable call, or a run that goes in circles."""

    kind: Literal["nudged"] = "nudged"
    problem: Literal["no_call", "cut_off", "filtered", "repeating"]
    text: str


class Compacted(BaseEvent):
    """The conversation was shortened to fit the model's window."""

    kind: Literal["compacted"] = "compacted"
    kept_from: int
    """Index of the first message after the opening that stays: a turn begins there, or none is
    kept and it is the number of messages."""
    summary: str
    """What stands for the messages that went; the model reads it after the task."""
    tokens_before: int
    """Estimate of the next request's input without it."""
    tokens_after: int


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
    kept_at: str | None = None
    """File of the workspace that has the whole observation, when `text` is cut."""
    gave_up: str | None = None
    """Why nothing more can be done, when the call says so: the run ends `unmet`."""


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
    summary: str
    """The model's, for the commit message."""


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
    | ExaminerReplied
    | TestsFixed
    | TestDisputed
    | Nudged
    | Compacted
    | ToolCalled
    | ToolReturned
    | BlueprintFrozen
    | VerdictReached
    | Committed
    | RunEnded,
    Field(discriminator="kind"),
]
