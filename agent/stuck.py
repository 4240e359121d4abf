"""Sees a run go in circles: a fold over its events that names the pattern it finds.

The patterns are those of OpenHands' stuck detector (openhands/sdk/conversation/stuck_detector.py)
and the one that matters most to a run with a verifier: the same tests fail after every edit. The
fold keeps the last few calls only, so it costs the same at step 300 as at step 3.
"""

from collections import deque
from dataclasses import dataclass

from agent.events import Event, ModelReplied, Nudged, ToolReturned, VerdictReached
from agent.models.base import ToolCall
from agent.models.exchange import normalize
from agent.verifier.verdict import Verdict
from tools.excerpt import count_of, cut_line

SAME_CALLS = 4
"""The same call with the same observation, in a row."""
ALTERNATING_CALLS = 6
"""Two calls in turns, each with the same observation."""
FAILING_CALLS = 10
"""Calls in a row that all failed, whatever they were."""
SAME_ERRORS = 4
"""Calls of one tool in a row that failed with the same words."""
SAME_TEST_RUNS = 5
"""Test runs, each after a change, in which the same tests failed."""
SAME_VERDICTS = 3
"""Verdicts, each after a change, that found the same."""
MAX_WARNINGS = 4
"""Patterns that a run is warned of; the next one ends it."""
NAMED_TESTS = 5


@dataclass(frozen=True)
class Pattern:
    """What repeats."""

    subject: str
    """The same for the same circle, so that it is warned of once."""
    text: str
    """A clause that names it: `you called ... 4 times ...`."""


@dataclass(frozen=True)
class Turn:
    """A call and what it brought."""

    call: ToolCall
    returned: ToolReturned

    def repeats(self, other: "Turn") -> bool:
        """Whether both are the same call with the same observation."""
        return (
            self.call.name == other.call.name
            and self.call.arguments == other.call.arguments
            and self.says_the_same(other)
        )

    def says_the_same(self, other: "Turn") -> bool:
        """Whether both observations are equal but for times and ids."""
        mine, others = self.returned.text, other.returned.text
        return mine == others or normalize(mine) == normalize(others)


class CircleWatch:
    """The fold. `apply` takes the events in order."""

    def __init__(self) -> None:
        self._calls: dict[str, ToolCall] = {}
        self._turns: deque[Turn] = deque(maxlen=FAILING_CALLS)
        self._tree = ""
        self._edited = False
        self._tests = Streak()
        self._verdicts = Streak()
        self._warned: list[str] = []

    def apply(self, event: Event) -> None:
        """Take one more event into account."""
        match event:
            case ModelReplied():
                self._calls = {call.id: call for call in event.calls}
            case ToolReturned() if event.call_id in self._calls:
                self._turns.append(Turn(self._calls[event.call_id], event))
                self._apply_tree(event)
            case VerdictReached():
                self._verdicts.add(_failing(event.verdict))
            case Nudged(problem="repeating"):
                self._warn()
            case _:
                pass

    def _apply_tree(self, returned: ToolReturned) -> None:
        if returned.tree != self._tree and returned.kept_at is None:
            self._edited = True
        self._tree = returned.tree
        if returned.tests is not None and self._edited:
            self._tests.add(returned.tests.failing)
            self._edited = False

    @property
    def pattern(self) -> Pattern | None:
        """The circle that the run is in, if it is in one."""
        turns = list(self._turns)
        return (
            _same_call(turns)
            or _alternating(turns)
            or _same_error(turns)
            or _only_failures(turns)
            or _same_tests(self._tests, SAME_TEST_RUNS, "test runs")
            or _same_tests(self._verdicts, SAME_VERDICTS, "verdicts")
        )

    def was_warned_of(self, pattern: Pattern) -> bool:
        """Whether the run was told of it before, or of so many others that it is lost."""
        return pattern.subject in self._warned or len(self._warned) >= MAX_WARNINGS

    def _warn(self) -> None:
        pattern = self.pattern
        if pattern is not None:
            self._warned.append(pattern.subject)
        self._turns.clear()
        self._tests.restart()
        self._verdicts.restart()


class Streak:
    """How often in a row the same tests failed."""

    def __init__(self) -> None:
        self.failing: tuple[str, ...] = ()
        self.length = 0

    def add(self, failing: tuple[str, ...]) -> None:
        """One more run of the tests, of other files than the last."""
        failing = tuple(sorted(failing))
        if failing != self.failing:
            self.failing, self.length = failing, 0
        self.length += bool(failing)

    def restart(self) -> None:
        """Count from here on."""
        self.length = 0


def _failing(verdict: Verdict) -> tuple[str, ...]:
    """Everything that a verdict found wrong, by name."""
    reports = (verdict.user_tests, verdict.acceptance_tests, verdict.project_tests)
    tests = [test.id for r in reports for test in r.tests if test.outcome in {"failed", "error"}]
    return (*tests, *(check.name for check in verdict.checks if not check.ok))


def _same_call(turns: list[Turn]) -> Pattern | None:
    last = turns[-SAME_CALLS:]
    if len(last) < SAME_CALLS or not all(turn.repeats(last[0]) for turn in last[1:]):
        return None
    shown = _show(last[0])
    text = f"you called {shown} {SAME_CALLS} times in a row and it said the same each time"
    return Pattern(f"call {_key(last[0])}", text)


def _alternating(turns: list[Turn]) -> Pattern | None:
    last = turns[-ALTERNATING_CALLS:]
    if len(last) < ALTERNATING_CALLS or not all(
        turn.repeats(two_before) for two_before, turn in zip(last, last[2:], strict=False)
    ):
        return None
    text = f"you called {_show(last[0])} and {_show(last[1])} in turns and both said the same"
    return Pattern(" | ".join(sorted({_key(last[0]), _key(last[1])})), text)


def _same_error(turns: list[Turn]) -> Pattern | None:
    last = turns[-SAME_ERRORS:]
    if len(last) < SAME_ERRORS or any(turn.returned.ok for turn in last):
        return None
    first = last[0]
    if any(t.call.name != first.call.name or not t.says_the_same(first) for t in last[1:]):
        return None
    said = cut_line(first.returned.text.split("\n", 1)[0], 120)
    text = f"{first.call.name} failed {SAME_ERRORS} times in a row with the same words ({said})"
    return Pattern(f"error {first.call.name} {said}", text)


def _only_failures(turns: list[Turn]) -> Pattern | None:
    if len(turns) < FAILING_CALLS or any(turn.returned.ok for turn in turns):
        return None
    return Pattern("failures", f"your last {FAILING_CALLS} calls all failed")


def _same_tests(streak: Streak, limit: int, what: str) -> Pattern | None:
    if streak.length < limit:
        return None
    named = ", ".join(streak.failing[:NAMED_TESTS])
    rest = len(streak.failing) - NAMED_TESTS
    more = f" and {count_of(rest, 'other')}" if rest > 0 else ""
    text = f"{limit} {what} in a row, each after a change, found the same failures: {named}{more}"
    return Pattern(f"{what} {' '.join(streak.failing)}", text)


def _show(turn: Turn) -> str:
    return f"{turn.call.name}({cut_line(turn.call.arguments, 80)})"


def _key(turn: Turn) -> str:
    return f"{turn.call.name} {turn.call.arguments}"
