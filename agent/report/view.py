"""A run as the page shows it, folded from its events."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.console.calls import describe_call
from agent.console.lines import Line, event_lines
from agent.console.progress import Progress
from agent.events import Event, ModelReplied, RunEnded, RunStarted, ToolReturned
from agent.models.base import ToolCall
from agent.report.diff import FileDiff
from agent.state import RunState
from agent.verifier.verdict import RequirementResult, Verdict
from tools.blueprint.model import Requirement


@dataclass(frozen=True)
class CallView:
    """A call of a tool and what came back."""

    words: str
    """Tool and target."""
    arguments: str
    """JSON, as the model wrote it."""
    ok: bool
    seconds: float
    text: str
    """What the model read."""


@dataclass
class StepView:
    """A reply of the model and all that followed until the next."""

    reply: ModelReplied
    calls: list[CallView] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    """Milestones: the freeze, verdicts, nudges, the commit."""

    @property
    def tool_seconds(self) -> float:
        """Of all its calls, the verifier's work among them."""
        return sum(call.seconds for call in self.calls)

    @property
    def seconds(self) -> float:
        """Model and tools."""
        return self.reply.seconds + self.tool_seconds

    @property
    def ok(self) -> bool:
        """Whether every call went well."""
        return all(call.ok for call in self.calls)


@dataclass(frozen=True)
class RunView:
    """All that the page tells."""

    state: RunState
    steps: tuple[StepView, ...]
    files: tuple[FileDiff, ...]
    """What the run changed."""

    @property
    def started(self) -> RunStarted:
        """The first event."""
        assert self.state.started is not None, "a run starts with RunStarted"
        return self.state.started

    @property
    def ended(self) -> RunEnded | None:
        """None: it runs, or was cut off."""
        return self.state.ended

    @property
    def status(self) -> str:
        """In words."""
        return self.ended.reason.replace("_", " ") if self.ended else "not ended"

    @property
    def verdict(self) -> Verdict | None:
        """The last one."""
        return self.state.last_verdict.verdict if self.state.last_verdict else None

    @property
    def title(self) -> str:
        """What the backend is called."""
        return self.state.frozen.title if self.state.frozen else self.started.spec_name

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the spec left open, and how it was decided."""
        return self.state.frozen.assumptions if self.state.frozen else ()

    @property
    def requirements(self) -> list[tuple[Requirement, RequirementResult | None]]:
        """Each statement of the spec with what was shown of it; None: nothing was tried."""
        results = self.verdict.requirements if self.verdict else {}
        known = self.state.frozen.requirements if self.state.frozen else ()
        return [(requirement, results.get(requirement.id)) for requirement in known]


def view_run(events: Sequence[Event], files: Sequence[FileDiff] = ()) -> RunView:
    """Fold all of a run's events."""
    progress = Progress()
    steps: list[StepView] = []
    calls: dict[str, ToolCall] = {}
    for event in events:
        progress.apply(event)
        match event:
            case ModelReplied():
                steps.append(StepView(event))
                calls = {call.id: call for call in event.calls}
            case ToolReturned() if event.call_id in calls and steps:
                steps[-1].calls.append(_call(calls[event.call_id], event))
            case _ if steps:
                steps[-1].notes += event_lines(event, progress)
            case _:
                pass
    return RunView(RunState(list(events)), tuple(steps), tuple(files))


def _call(call: ToolCall, returned: ToolReturned) -> CallView:
    return CallView(
        words=describe_call(call),
        arguments=call.arguments,
        ok=returned.ok,
        seconds=returned.seconds,
        text=returned.text,
    )
