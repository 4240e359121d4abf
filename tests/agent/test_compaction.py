"""Long runs stay inside the model's window, and lose nothing that the model needs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.errors import ContextTooLong
from agent.events import Compacted, Event, RunEnded
from agent.journal import read_journal
from agent.loop import drive
from agent.models.base import Completion, Message, ToolCall, ToolSchema, Usage
from agent.run import Run
from agent.state import RunState
from agent.verifier.verdict import CheckResult, Verdict
from sandbox.deadline import Deadline
from tests.agent.kit import FINISH, FREEZE, PASSED, TOOLS, Call, make_run, run_to_end
from tools.base import AnyTool, Args, Observation, TestCounts, Tool, ToolContext
from tools.files import visible_files

WINDOW = 8_000
TASK = "It answers"


class SizeArgs(Args):
    size: int
    turn: int = 0


def fill(ctx: ToolContext, args: SizeArgs) -> Observation:
    """Say that many characters."""
    return Observation(text=f"{args.turn} " + "x" * args.size)


def check(ctx: ToolContext, args: Args) -> Observation:
    """Run tests, one of which fails."""
    counts = TestCounts(passed=1, failed=1, skipped=0, failing=("tests/test_a.py::test_b",))
    return Observation(text="1 failed", ok=False, tests=counts)


MORE: tuple[AnyTool, ...] = (*TOOLS, Tool("fill", SizeArgs, fill), Tool("check", Args, check))


@dataclass
class Planned:
    """A model that makes its calls one after the other and counts like a strict provider.

    It refuses a request above `window` tokens, and any in which a call has no answer.
    """

    plan: Sequence[tuple[Call, ...]]
    window: int
    name: str = "planned"
    step: int = 0
    sizes: list[int] = field(default_factory=list)
    requests: list[list[Message]] = field(default_factory=list)

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
    ) -> Completion:
        assert_sound(messages)
        size = sum(message.chars for message in messages) // 3 + 500  # the tools' schemas
        if size > self.window:
            raise ContextTooLong(f"{size} tokens do not fit {self.window}")
        self.sizes.append(size)
        self.requests.append(list(messages))
        self.step += 1
        calls = [
            ToolCall(id=f"s{self.step}x{n}", name=name, arguments=json.dumps(arguments))
            for n, (name, arguments) in enumerate(self.plan[self.step - 1])
        ]
        usage = Usage(input_tokens=size, output_tokens=20)
        return Completion(text="", calls=tuple(calls), finish_reason="tool_calls", usage=usage)


def assert_sound(messages: Sequence[Message]) -> None:
    """Every call is answered right after it, in order; nothing else answers."""
    open_calls: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert message.call_id == open_calls.pop(0)
        else:
            assert not open_calls
            open_calls = [call.id for call in message.calls]
    assert not open_calls
    assert messages[0].role == "system"
    assert messages[1].role == "user"
    assert messages[1].text.startswith(TASK)


def steps(count: int, size: int = 900, calls: int = 1) -> list[tuple[Call, ...]]:
    return [
        tuple(("fill", {"size": size, "turn": turn * calls + n}) for n in range(calls))
        for turn in range(count)
    ]


def open_run(folder: Path, model: Planned, window: int | None = WINDOW, **options: object) -> Run:
    run = make_run(folder, model, tools=MORE, **options)  # type: ignore[arg-type] # same protocol
    run.window = window
    run.budget = run.budget.model_copy(update={"max_steps": 1000})
    return run


def end_of(events: Sequence[Event]) -> RunEnded:
    assert isinstance(events[-1], RunEnded)
    return events[-1]


def compactions(events: Sequence[Event]) -> list[Compacted]:
    return [event for event in events if isinstance(event, Compacted)]


@pytest.mark.parametrize("calls", [1, 3])
def test_three_hundred_steps_stay_under_the_window(tmp_path: Path, calls: int) -> None:
    plan = [(FREEZE, ("note", {"text": "a"})), *steps(300, 900 // calls, calls), (FINISH,)]
    model = Planned(plan, WINDOW)
    events = run_to_end(open_run(tmp_path, model))
    assert end_of(events).reason == "verified"
    assert len(model.sizes) == 302
    assert max(model.sizes) <= WINDOW
    assert 10 <= len(compactions(events)) <= 60


def test_between_compactions_the_prefix_stays_as_it_is(tmp_path: Path) -> None:
    model = Planned([(FREEZE,), *steps(60), (FINISH,)], WINDOW)
    events = run_to_end(open_run(tmp_path, model))
    changes = [
        now[: len(before)] != before
        for before, now in zip(model.requests, model.requests[1:], strict=False)
    ]
    assert sum(changes) == len(compactions(events)) > 1


def test_the_summary_keeps_what_is_needed(tmp_path: Path) -> None:
    failed = CheckResult(name="boots", status="failed", detail="no module named app")
    rejected = Verdict(passed=False, checks=(failed,))
    plan = [
        (FREEZE, ("note", {"text": "a"})),
        (("check", {}), FINISH),
        *steps(30),
        (("note", {"text": "b"}), FINISH),
    ]
    model = Planned(plan, WINDOW)
    run = open_run(tmp_path, model, verdicts=[rejected, PASSED])
    events = run_to_end(run)
    first = compactions(events)[0]
    for words in (
        "The task above still stands",
        '- note({"text": "a"}) -> written',
        "- check({}) -> FAILED: 1 failed",
        "Files in the workspace",
        "note.txt",
        "The last test run: 1 failed:\ntests/test_a.py::test_b",
        "The last verdict did not accept the work:",
        "no module named app",
        "The Blueprint is frozen",
    ):
        assert words in first.summary
    opening = run.state.opening[1].text
    asked = next(request for request in model.requests if first.summary in request[1].text)
    assert asked[1].text == f"{opening}\n\n{first.summary}"
    assert first.tokens_after < first.tokens_before / 2


def test_every_call_is_in_the_summary_or_in_the_conversation(tmp_path: Path) -> None:
    model = Planned([(FREEZE,), *steps(30, 2000, 2), (FINISH,)], 30_000)
    events = run_to_end(open_run(tmp_path, model, 30_000))
    assert len(compactions(events)) > 1
    last = model.requests[-1]
    told = "\n".join(m.text + "".join(c.arguments for c in m.calls) for m in last)
    assert all(f'"turn": {turn}}}' in told for turn in range(60))


def test_a_reply_that_alone_is_too_long_goes_whole(tmp_path: Path) -> None:
    big = tuple(("fill", {"size": 3000, "turn": n}) for n in range(9))
    model = Planned([(FREEZE,), *steps(2), big, (FINISH,)], WINDOW)
    events = run_to_end(open_run(tmp_path, model))
    assert end_of(events).reason == "verified"
    (compacted,) = compactions(events)
    assert len(model.requests[-1]) == 2
    assert '"turn": 8}) -> 8 xxx' in compacted.summary


def test_a_refusal_by_the_provider_shortens_once_and_goes_on(tmp_path: Path) -> None:
    model = Planned([(FREEZE,), *steps(60), (FINISH,)], WINDOW)
    events = run_to_end(open_run(tmp_path, model, window=None))
    assert end_of(events).reason == "verified"
    assert len(compactions(events)) > 1


def test_a_task_that_never_fits_ends_with_the_remedy(tmp_path: Path) -> None:
    model = Planned([(FREEZE,)], 10)
    events = run_to_end(open_run(tmp_path, model, window=None))
    assert end_of(events).reason == "model_error"
    assert "a model with a larger window" in end_of(events).detail


def test_what_is_still_too_long_after_shortening_ends_the_run(tmp_path: Path) -> None:
    model = Planned([(FREEZE,), *steps(50)], WINDOW)
    run = open_run(tmp_path, model, window=None)
    with run.journal:
        for event in drive(run):
            if isinstance(event, Compacted):
                model.window = 10
    assert run.state.ended is not None
    assert run.state.ended.reason == "model_error"
    assert sum(isinstance(e, Compacted) for e in read_journal(tmp_path / "journal.jsonl")) == 1


def test_a_resumed_run_has_the_same_conversation(tmp_path: Path) -> None:
    model = Planned([(FREEZE,), *steps(30), (FINISH,)], WINDOW)
    run = open_run(tmp_path, model)
    with run.journal:
        for _ in zip(range(80), drive(run), strict=False):
            pass
    assert RunState(read_journal(tmp_path / "journal.jsonl")).messages == run.state.messages
    again = open_run(tmp_path, model)
    assert len(compactions(run_to_end(again))) > 0
    assert again.state.ended is not None
    assert again.state.ended.reason == "verified"


def test_the_whole_file_list_is_the_models_view(tmp_path: Path) -> None:
    model = Planned([(FREEZE, ("note", {"text": "a"})), *steps(25), (FINISH,)], WINDOW)
    run = open_run(tmp_path, model)
    (compacted,) = compactions(run_to_end(run))
    listed = compacted.summary.partition("(read_file shows them):\n")[2].split("\n\n")[0]
    assert listed.split("\n") == visible_files(run.context.workspace)
