"""`show RUN --step N`: what the model saw and did at a step."""

from pathlib import Path

import pytest

from agent.console.step import step_lines
from agent.errors import RunError
from agent.events import Event
from agent.journal import read_journal
from tests.agent.kit import FINISH, FREEZE, PASSED, REJECTED, Script, make_run, reply, run_to_end

WRITE = ("note", {"text": "hello"})


@pytest.fixture
def events(tmp_path: Path) -> list[Event]:
    replies = [
        reply(FREEZE, WRITE, text="I write."),
        reply(text="Done."),
        reply(("look", {}), FINISH),
        reply(("note", {"text": "mended"}), FINISH),
    ]
    run_to_end(make_run(tmp_path, Script(replies), verdicts=[REJECTED, PASSED]))
    return read_journal(tmp_path / "journal.jsonl")


def told(events: list[Event], step: int) -> str:
    return "\n".join(line.text for line in step_lines(events, step))


def test_the_first_step_shows_the_whole_opening(events: list[Event]) -> None:
    lines = told(events, 1).split("\n")
    assert lines[:5] == [
        "the model saw 2 messages",
        "system:",
        "    system",
        "user:",
        "    It answers",
    ]
    assert (
        "step 1: the model said (tool_calls; 10 tokens in, 10 out, cost unknown, 0.0 s):" in lines
    )
    assert "    I write." in lines
    assert "  call c1: note" in lines
    assert '    {"text": "hello"}' in lines
    assert any(line.startswith("  tree ") for line in lines)
    assert lines[-3].startswith("step 1: note")
    assert lines[-2] == "    written"


def test_a_later_step_shows_what_was_new_to_the_model(events: list[Event]) -> None:
    text = told(events, 2)
    assert "the model saw 5 messages\nthe first 3 as in the steps before, and:\n" in text
    assert "tool to c1:\n    written" in text
    assert "It answers" not in text
    assert text.endswith("step 2: the reply held no tool call; asked again")


def test_a_verdict_belongs_to_its_step(events: list[Event]) -> None:
    text = told(events, 3)
    assert "verdict: not passed, 0 of 1 checks" in text
    assert "    not accepted." in text
    assert "committed" in told(events, 4)


@pytest.mark.parametrize("step", [0, 5, -1])
def test_a_step_that_is_not_there_is_named(events: list[Event], step: int) -> None:
    with pytest.raises(RunError, match=f"there is no step {step}: the run has 4 steps"):
        told(events, step)
