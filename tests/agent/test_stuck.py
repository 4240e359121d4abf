"""Runs that go in circles get one warning that names the circle, and then end `stuck`."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.events import Event, ModelReplied, Nudged, RunEnded
from agent.models.base import Completion
from agent.state import RunState
from agent.verifier.verdict import CheckResult, Verdict
from tests.agent.kit import FINISH, FREEZE, TOOLS, Call, Script, make_run, reply, run_to_end
from tools.base import AnyTool, Args, Observation, TestCounts, Tool, ToolContext

LOOK: Call = ("look", {})
FAIL: Call = ("fail", {})
TEST: Call = ("test", {})


def write(number: int) -> Call:
    return ("note", {"text": f"version {number}"})


class WordArgs(Args):
    word: str


def say(ctx: ToolContext, args: WordArgs) -> Observation:
    """Repeat a word."""
    return Observation(text=f"{args.word} in 0.{len(args.word)} s")


def fail(ctx: ToolContext, args: Args) -> Observation:
    """Fail."""
    return Observation(text="no such thing\nat all", ok=False)


def complain(ctx: ToolContext, args: WordArgs) -> Observation:
    """Fail with the word."""
    return Observation(text=args.word, ok=False)


def test(ctx: ToolContext, args: Args) -> Observation:
    """Run tests, two of which always fail."""
    counts = TestCounts(passed=1, failed=2, skipped=0, failing=("tests/a.py::b", "tests/a.py::a"))
    text = f"2 failed of {ctx.workspace.read('note.txt').decode()}"
    return Observation(text=text, ok=False, tests=counts)


test.__test__ = False  # type: ignore[attr-defined] # a tool, not a test of ours

MORE: tuple[AnyTool, ...] = (
    *TOOLS,
    Tool("say", WordArgs, say),
    Tool("fail", Args, fail),
    Tool("complain", WordArgs, complain),
    Tool("test", Args, test),
)


def drive(
    folder: Path, replies: Sequence[Completion | Exception], verdicts: Sequence[Verdict] = ()
) -> tuple[list[Event], Script]:
    model = Script([reply(FREEZE, write(0)), *replies, reply(FINISH)])
    given = {"verdicts": verdicts} if verdicts else {}
    return run_to_end(make_run(folder, model, tools=MORE, **given)), model  # type: ignore[arg-type]


def warnings(events: Sequence[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, Nudged) and e.problem == "repeating"]


CIRCLES: dict[str, tuple[list[Completion], int, str]] = {
    "same call": ([reply(LOOK)] * 20, 4, "called look({}) 4 times in a row"),
    "same call in one reply": ([reply(LOOK, LOOK, LOOK, LOOK)] * 9, 1, "4 times in a row"),
    "alternating": ([reply(LOOK), reply(FAIL)] * 10, 6, "look({}) and fail({}) in turns"),
    "same error": ([reply(("complain", {"word": "x"}))] * 20, 4, "called complain("),
    "error in other words": (
        [
            reply(("fail", {})) if n % 2 else reply(("complain", {"word": f"w{n}"}))
            for n in range(30)
        ],
        10,
        "your last 10 calls all failed",
    ),
    "same tests": (
        [reply(write(n), TEST) for n in range(1, 30)],
        5,
        "5 test runs in a row, each after a change, found the same failures: "
        "tests/a.py::a, tests/a.py::b",
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_is_named_once_and_then_ends_the_run(tmp_path: Path, name: str) -> None:
    replies, replies_until_seen, words = CIRCLES[name]
    events, model = drive(tmp_path, replies)
    (warning,) = warnings(events)
    assert words in warning
    assert warning == model.requests[replies_until_seen + 1][-1].text
    end = events[-1]
    assert isinstance(end, RunEnded)
    assert end.reason == "stuck"
    assert words in end.detail
    assert sum(isinstance(e, ModelReplied) for e in events) == 1 + 2 * replies_until_seen


def test_the_same_words_of_one_tool_are_a_circle_whatever_it_was_asked(tmp_path: Path) -> None:
    fails = [reply(("note", {"text": f"{n}", "wrong": n})) for n in range(3)]
    same = [reply(("nothing", {"n": n})) for n in range(3)]
    events, _ = drive(tmp_path, [*fails, reply(LOOK), *same, reply(write(1))])
    assert warnings(events) == []  # three are not four


def test_verdicts_that_find_the_same_after_each_change_are_a_circle(tmp_path: Path) -> None:
    rejected = Verdict(passed=False, checks=(CheckResult(name="boots", status="failed"),))
    replies = [reply(write(n), FINISH) for n in range(1, 10)]
    events, _ = drive(tmp_path, replies, [rejected] * 9)
    (warning,) = warnings(events)
    assert "3 verdicts in a row, each after a change, found the same failures: boots" in warning
    assert events[-1].reason == "stuck"  # type: ignore[union-attr]
    assert sum(e.kind == "verdict_reached" for e in events) == 6


NO_CIRCLES: dict[str, list[Completion]] = {
    "three of a kind": [reply(LOOK)] * 3,
    "the same call with other news": [reply(write(n // 2), LOOK) for n in range(20)],
    "other calls": [reply(("say", {"word": "a" * n})) for n in range(20)],
    "two in turns, twice": [reply(LOOK), reply(FAIL)] * 2,
    "tests without a change in between": [reply(LOOK, TEST, write(1), TEST) for _ in range(1)] * 2,
}


@pytest.mark.parametrize("name", NO_CIRCLES)
def test_what_is_no_circle(tmp_path: Path, name: str) -> None:
    events, _ = drive(tmp_path, NO_CIRCLES[name])
    assert warnings(events) == []
    assert events[-1].reason == "verified"  # type: ignore[union-attr]


def test_times_and_ids_make_no_difference(tmp_path: Path) -> None:
    def now(ctx: ToolContext, args: Args) -> Observation:
        """Say something else each time."""
        said.append(0)
        return Observation(text=f"done in {len(said)}.5 s, id {'abcdef0123' + str(len(said)) * 4}")

    said: list[int] = []
    tools = (*TOOLS, Tool("now", Args, now))
    run = make_run(tmp_path, Script([reply(FREEZE), *[reply(("now", {}))] * 9]), tools=tools)
    events = run_to_end(run)
    assert len(warnings(events)) == 1
    assert len(said) == 8


def test_a_warned_run_that_takes_another_way_goes_on(tmp_path: Path) -> None:
    events, _ = drive(tmp_path, [*[reply(LOOK)] * 4, reply(write(1)), reply(LOOK)])
    assert len(warnings(events)) == 1
    assert events[-1].reason == "verified"  # type: ignore[union-attr]


def test_one_circle_after_the_other_ends_too(tmp_path: Path) -> None:
    words = [[reply(("say", {"word": "a" * n}))] * 4 for n in range(1, 9)]
    events, _ = drive(tmp_path, [one for four in words for one in four])
    assert len(warnings(events)) == 4
    assert events[-1].reason == "stuck"  # type: ignore[union-attr]


def test_a_resumed_run_remembers_the_circle(tmp_path: Path) -> None:
    events, _ = drive(tmp_path, [reply(LOOK)] * 20)
    before = RunState(events[:-1])
    pattern = before.circles.pattern
    assert pattern is not None
    assert before.circles.was_warned_of(pattern)
