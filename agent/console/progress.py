"""What a watcher wants to know about a run at this moment: a fold over its events."""

from datetime import datetime
from typing import Literal, get_args

from agent.console.calls import describe_call
from agent.events import (
    BlueprintFrozen,
    Committed,
    Event,
    ModelReplied,
    PaidEvent,
    RunResumed,
    RunStarted,
    TaskRendered,
    ToolCalled,
    ToolReturned,
    utc_now,
)
from agent.models.base import ToolCall, Usage
from tools.base import TestCounts

Phase = Literal["understand", "blueprint", "build", "test", "verify", "commit"]
PHASES: tuple[Phase, ...] = get_args(Phase)
PHASE_OF_TOOL: dict[str, Phase] = {"run_tests": "test", "finish": "verify"}
"""Calls that are a phase of their own while they last."""
STAGES = {
    "run_resumed": "restoring the workspace",
    "examiner_replied": "checking the independent tests",
    "tests_fixed": "waiting for the model",
    "verdict_reached": "reading the verdict",
    "committed": "packing the artifacts",
}
"""Event kind -> what the harness does after it."""


class Progress:
    """Where the run is. `apply` takes the events in order, from the first one or from a resume."""

    def __init__(self) -> None:
        self.phase: Phase = "understand"
        self.step = 0
        self.doing = "getting the sandbox ready"
        self.doing_since = self.since = utc_now()
        """UTC: start of what it is doing, and of this process's work on the run."""
        self.tests: TestCounts | None = None
        """The latest test run."""
        self.usage = Usage()
        self.cost_usd: float | None = 0.0
        """None once a reply's cost was unknown."""
        self.model = ""
        self._calls: dict[str, ToolCall] = {}
        self._frozen = False

    def call(self, call_id: str, name: str) -> ToolCall:
        """A call of the last reply; without arguments when that reply was not seen."""
        return self._calls.get(call_id) or ToolCall(id=call_id, name=name, arguments="")

    def apply(self, event: Event) -> None:
        """Take one more event into account."""
        self._pay(event)
        match event:
            case RunStarted():
                self.model, self.since = event.model, event.at
                self._do("reading the spec", event.at)
            case RunResumed():
                self.since = event.at
            case TaskRendered():
                self._go_on(event.at)
            case ModelReplied():
                self._apply_reply(event)
            case ToolCalled():
                self.phase = PHASE_OF_TOOL.get(event.name, self.phase)
                self._do(describe_call(self.call(event.call_id, event.name)), event.at)
            case ToolReturned():
                self.tests = event.tests or self.tests
                self._go_on(event.at)
            case BlueprintFrozen():
                self._frozen = True
            case Committed():
                self.phase = "commit"
            case _:
                pass
        if event.kind in STAGES:
            self._do(STAGES[event.kind], event.at)

    def _pay(self, event: Event) -> None:
        if not isinstance(event, PaidEvent):
            return
        self.usage += event.usage
        known = self.cost_usd is not None and event.cost_usd is not None
        self.cost_usd = (self.cost_usd or 0) + (event.cost_usd or 0) if known else None

    def _apply_reply(self, reply: ModelReplied) -> None:
        self.step = reply.step
        self._calls = {call.id: call for call in reply.calls}

    def _go_on(self, at: datetime) -> None:
        self.phase = "build" if self._frozen else "blueprint"
        self._do("waiting for the model", at)

    def _do(self, doing: str, at: datetime) -> None:
        self.doing, self.doing_since = doing, at
