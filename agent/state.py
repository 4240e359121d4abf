"""Where a run stands: a fold over its events, and nothing that the journal does not say."""

from collections import deque
from datetime import datetime

from agent.events import (
    BlueprintFrozen,
    Committed,
    Compacted,
    Event,
    ModelReplied,
    Nudged,
    PaidEvent,
    RunEnded,
    RunResumed,
    RunStarted,
    TaskRendered,
    ToolReturned,
    VerdictReached,
)
from agent.examiner.examination import Examination
from agent.examiner.withdrawn import without_withdrawn
from agent.models.base import FinishReason, Message, ToolCall, Usage, estimate_tokens
from agent.stuck import CircleWatch
from agent.task import Budget
from agent.test_history import FailingTests, failing_tests
from agent.verifier.verdict import Verdict
from tools.base import TestCounts
from tools.blueprint.model import Blueprint
from tools.excerpt import cut_line

MAX_DONE_CHARS = 140
RESUMED = (
    "[The run was interrupted and resumed in a fresh sandbox: the files are as they were, but "
    "servers, processes and database rows of before are gone.]"
)


class RunState:
    """The run as its events tell it. `apply` is the only way to change it."""

    def __init__(self, events: list[Event] | None = None) -> None:
        self.started: RunStarted | None = None
        self.budget = Budget()
        self.opening: tuple[Message, ...] = ()
        """System and task, which always stay."""
        self.messages: list[Message] = []
        """The conversation. It only grows, so that provider caches hold, but for `Compacted`."""
        self.done: list[str] = []
        """One line for each call that returned, in order."""
        self.just_compacted = False
        """Whether the conversation was shortened since the last reply."""
        self.pending: deque[ToolCall] = deque()
        """Calls of the last reply that have not returned, in order."""
        self.tree: str | None = None
        """The workspace after the last event that names it."""
        self.frozen: Blueprint | None = None
        self.freezing = False
        """Whether the call that froze it has not returned yet."""
        self.verdict: Verdict | None = None
        """On the tree as it is; None once a tool was called after it."""
        self.last_verdict: VerdictReached | None = None
        self.last_tests: TestCounts | None = None
        self.verdicts = 0
        self.failing: list[FailingTests] = []
        """Tests of the project that failed in verdicts, in their order."""
        self.gave_up: str | None = None
        self.last_finish_reason: FinishReason = "stop"
        self.committed: Committed | None = None
        self.ended: RunEnded | None = None
        self.steps = 0
        self.usage = Usage()
        self.cost_usd: float | None = 0.0
        """None once a reply's cost was unknown."""
        self.active_s = 0.0
        """Seconds that processes worked on it; pauses between them do not count."""
        self.bad_in_a_row = 0
        """Replies without a call that could be made, since the last good call; several bad calls
        in one reply are one mistake, often the same one."""
        self._bad_before = 0
        self.circles = CircleWatch()
        """Knows when the run goes in circles."""
        self.exam = Examination()
        """Knows the independent tests and the disputes."""
        self._notice: str | None = None
        self._last_at: datetime | None = None
        self._unseen_chars = 0
        self._seen_tokens = 0
        for event in events or []:
            self.apply(event)

    @property
    def accepted(self) -> bool:
        """Whether the last verdict stands for the current tree and passed."""
        return self.verdict is not None and self.verdict.passed

    @property
    def needs_examiner(self) -> bool:
        """Whether the independent tests are due: after the freeze, before any code."""
        wanted = self.started is not None and self.started.independent_tests
        is_frozen = self.frozen is not None and not self.freezing
        return wanted and is_frozen and self.exam.fixed is None

    @property
    def oracle(self) -> Blueprint | None:
        """The frozen Blueprint without the tests that were withdrawn: what a verdict goes by."""
        return without_withdrawn(self.frozen, self.exam.withdrawn) if self.frozen else None

    @property
    def needs_nudge(self) -> bool:
        """Whether the last reply held no usable call and was not answered yet."""
        return not self.pending and bool(self.messages) and self.messages[-1].role == "assistant"

    @property
    def next_input_tokens(self) -> int:
        """Estimate of the next request's input: what the last one had, and what came since."""
        return self._seen_tokens + estimate_tokens(self._unseen_chars)

    def apply(self, event: Event) -> None:  # noqa: C901, PLR0912 - a flat table
        """Take one more event into account."""
        self.active_s += self._seconds_since_last(event)
        self._last_at = event.at
        self.circles.apply(event)
        self.exam.apply(event)
        if isinstance(event, PaidEvent):
            self._pay(event)
        if failed := failing_tests(event):
            self.failing.append(failed)
        match event:
            case RunStarted():
                self.started = event
                self.budget = event.task.budget or self.budget
            case TaskRendered():
                self.tree = event.tree
                self.opening = (Message("system", event.system), Message("user", event.user))
                for message in self.opening:
                    self._say(message)
            case RunResumed():
                self.ended = None
                self.gave_up = None
                self.bad_in_a_row = self._bad_before = 0
                self.budget = event.budget
                self._notice = RESUMED
            case ModelReplied():
                self._apply_reply(event)
            case Nudged():
                self._say(Message("user", self._with_notice(event.text)))
            case Compacted():
                self._apply_compaction(event)
            case ToolReturned():
                self._apply_return(event)
            case BlueprintFrozen():
                self.frozen = Blueprint.model_validate_json(event.blueprint)
                self.freezing = True
            case VerdictReached():
                self.verdict = event.verdict
                self.last_verdict = event
                self.verdicts += 1
            case Committed():
                self.committed = event
            case RunEnded():
                self.ended = event
            case _:
                pass

    def _seconds_since_last(self, event: Event) -> float:
        if event.after_s is not None:
            return event.after_s
        if self._last_at is None or isinstance(event, RunResumed):
            return 0.0
        return max(0.0, (event.at - self._last_at).total_seconds())

    def _pay(self, event: PaidEvent) -> None:
        self.usage += event.usage
        known = self.cost_usd is not None and event.cost_usd is not None
        self.cost_usd = (self.cost_usd or 0) + (event.cost_usd or 0) if known else None

    def _apply_reply(self, reply: ModelReplied) -> None:
        self.steps += 1
        self.just_compacted = False
        self.last_finish_reason = reply.finish_reason
        self._seen_tokens = reply.usage.input_tokens
        self._unseen_chars = 0
        self._bad_before = self.bad_in_a_row
        calls = reply.calls if reply.finish_reason in {"stop", "tool_calls"} else ()
        self.pending = deque(calls)
        self._say(Message("assistant", reply.text, calls))
        if not calls:
            self.bad_in_a_row += 1

    def _apply_return(self, returned: ToolReturned) -> None:
        self.done.append(_done_line(self.pending.popleft(), returned))
        self.last_tests = returned.tests or self.last_tests
        self.tree = returned.tree
        self.freezing = False
        self.verdict = None
        self.gave_up = returned.gave_up
        if returned.usable:
            self._bad_before = 0
        self.bad_in_a_row = 0 if returned.usable else self._bad_before + 1
        text = self._with_notice(returned.text)
        self._say(Message("tool", text, call_id=returned.call_id))

    def _apply_compaction(self, compacted: Compacted) -> None:
        kept = self.messages[compacted.kept_from :]
        system, task = self.opening
        self.messages = [system, Message("user", f"{task.text}\n\n{compacted.summary}"), *kept]
        self.just_compacted = True
        self._seen_tokens = compacted.tokens_after
        self._unseen_chars = 0

    def _with_notice(self, text: str) -> str:
        notice, self._notice = self._notice, None
        return f"{notice}\n{text}" if notice else text

    def _say(self, message: Message) -> None:
        self.messages.append(message)
        self._unseen_chars += message.chars


def _done_line(call: ToolCall, returned: ToolReturned) -> str:
    """`write_file({"path": "a.py", ...) -> written`, on one line."""
    asked = " ".join(call.arguments.split())
    said = " ".join(returned.text.split())
    line = f"{call.name}({cut_line(asked, MAX_DONE_CHARS // 2)}) -> "
    return line + ("" if returned.ok else "FAILED: ") + cut_line(said, MAX_DONE_CHARS // 2)
