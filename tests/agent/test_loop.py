"""The loop's whole event lists: what it does with good replies, bad replies, limits and crashes."""

from pathlib import Path

import pytest

from agent.errors import ModelRejected
from agent.events import Committed, ModelReplied, Nudged, RunEnded, ToolReturned
from agent.git import run_git
from agent.loop import MAX_BAD_IN_A_ROW, drive
from agent.models.prices import Price
from agent.task import Budget
from agent.test_history import history_of_tests
from agent.verifier.verdict import TestOutcome, TestReport
from sandbox.base import SandboxLostError
from sandbox.deadline import CancelToken
from tests.agent.kit import (
    BLUEPRINT,
    FINISH,
    FREEZE,
    PASSED,
    REJECTED,
    TOOLS,
    Script,
    kinds,
    make_run,
    reply,
    run_to_end,
)
from tools.base import AnyTool, Args, Observation, Tool, ToolContext
from tools.blueprint.model import Requirement, WrittenTest

WRITE = ("note", {"text": "hello"})
GOOD = [reply(FREEZE, WRITE), reply(FINISH)]


def end_of(events: list) -> RunEnded:  # type: ignore[type-arg] # any list of events
    assert isinstance(events[-1], RunEnded)
    return events[-1]


def test_a_good_run_tells_this_story(tmp_path: Path) -> None:
    run = make_run(tmp_path, Script(GOOD))
    events = run_to_end(run)
    assert kinds(events) == [
        "task_rendered",
        "model_replied",
        "tool_called",
        "blueprint_frozen",
        "tool_returned",
        "tool_called",
        "tool_returned",
        "model_replied",
        "tool_called",
        "verdict_reached",
        "committed",
        "run_ended",
    ]
    assert end_of(events).reason == "verified"
    assert run_git(run.target.folder, "show", "agent/tiny-r1:note.txt") == "hello"
    assert run_git(run.target.folder, "rev-list", "--count", "agent/tiny-r1") == "1"


def test_rejected_work_goes_back_to_the_model_with_the_findings(tmp_path: Path) -> None:
    model = Script([*GOOD, reply(("note", {"text": "mended"})), reply(FINISH)])
    run = make_run(tmp_path, model, verdicts=[REJECTED, PASSED])
    events = run_to_end(run)
    assert "it does not start" in model.requests[2][-1].text
    assert end_of(events).reason == "verified"
    assert run_git(run.target.folder, "show", "agent/tiny-r1:note.txt") == "mended"


BAD_REPLIES = {
    "no call": (reply(text="All tests pass, I am done."), "held no tool call"),
    "empty": (reply(), "held no tool call"),
    "cut off": (reply(("note", '{"text": "hel'), finish_reason="length"), "cut off"),
    "filtered": (reply(text="", finish_reason="content_filter"), "filter"),
    "bad json": (reply(("note", '{"text": ')), "not valid JSON"),
    "unknown tool": (reply(("notes", {})), "unknown tool 'notes', did you mean 'note'"),
    "wrong arguments": (reply(("note", {"txt": "a"})), "text: missing"),
    "arguments are a list": (reply(("note", [1])), "must be one JSON object"),
    "too early": (reply(WRITE), "freeze_blueprint"),
    "finish too early": (reply(FINISH), "nothing to verify yet"),
}


@pytest.mark.parametrize("name", BAD_REPLIES)
def test_a_bad_reply_gets_its_own_answer_and_the_run_goes_on(tmp_path: Path, name: str) -> None:
    bad, words = BAD_REPLIES[name]
    model = Script([bad, *GOOD])
    events = run_to_end(make_run(tmp_path, model))
    assert words in model.requests[1][-1].text
    assert end_of(events).reason == "verified"


@pytest.mark.parametrize("name", BAD_REPLIES)
def test_bad_replies_in_a_row_never_end_as_success(tmp_path: Path, name: str) -> None:
    bad, _ = BAD_REPLIES[name]
    events = run_to_end(make_run(tmp_path, Script([bad] * 9)))
    assert end_of(events).reason in {"no_action", "stuck"}
    assert sum(isinstance(event, ModelReplied) for event in events) == MAX_BAD_IN_A_ROW


def test_a_good_call_forgives_earlier_bad_ones(tmp_path: Path) -> None:
    bad = reply(("nope", {}))
    model = Script([bad, bad, bad, reply(FREEZE, WRITE), bad, bad, bad, reply(FINISH)])
    assert end_of(run_to_end(make_run(tmp_path, model))).reason == "verified"


def test_many_bad_calls_in_one_reply_are_one_mistake(tmp_path: Path) -> None:
    early = reply(*[WRITE] * (MAX_BAD_IN_A_ROW + 1))
    model = Script([early, reply(FREEZE, WRITE), reply(FINISH)])
    assert end_of(run_to_end(make_run(tmp_path, model))).reason == "verified"


def test_calls_of_a_reply_that_was_cut_off_are_not_made(tmp_path: Path) -> None:
    cut = reply(FREEZE, ("note", '{"text": "half'), finish_reason="length")
    events = run_to_end(make_run(tmp_path, Script([cut, *GOOD])))
    assert [e.name for e in events if isinstance(e, ToolReturned)] == ["freeze_blueprint", "note"]
    assert [e.problem for e in events if isinstance(e, Nudged)] == ["cut_off"]


def test_a_requirement_without_a_test_stops_the_freeze_unless_declared(tmp_path: Path) -> None:
    more = (*BLUEPRINT.requirements, Requirement(id="R2", text="It sings", line=9))
    blueprint = BLUEPRINT.model_copy(update={"requirements": more})
    unproven = REJECTED.model_copy(
        update={"checks": (REJECTED.checks[0].model_copy(update={"name": "requirements"}),)}
    )
    declare = ("freeze_blueprint", {"unproven": ["R2"]})
    model = Script([reply(FREEZE), reply(declare, WRITE), reply(FINISH)])
    run = make_run(tmp_path, model, blueprint=blueprint, verdicts=[unproven])
    events = run_to_end(run)
    assert "R2 (line 9)" in model.requests[1][-1].text
    end = end_of(events)
    assert (end.reason, end.work_ref) == ("unmet", "refs/backend-agent/r1")
    assert run_git(run.target.folder, "show", "refs/backend-agent/r1:note.txt") == "hello"
    assert run_git(run.target.folder, "branch", "--list") == ""


def test_giving_up_ends_unmet_with_the_work_kept(tmp_path: Path) -> None:
    give_up = ("finish", {"summary": "no", "give_up": True})
    model = Script([*GOOD, reply(give_up)])
    end = end_of(run_to_end(make_run(tmp_path, model, verdicts=[REJECTED])))
    assert (end.reason, end.work_ref) == ("unmet", "refs/backend-agent/r1")


PRICE = Price(input=1, cached_input=1, output=1)
LIMITS = {
    "steps": (Budget(max_steps=1), None, "budget_steps"),
    "tokens": (Budget(max_tokens=300), None, "budget_tokens"),
    "cost": (Budget(max_cost_usd=0.000_3), PRICE, "budget_cost"),
    "time": (Budget(max_minutes=1e-9), None, "budget_time"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_ends_the_run_before_the_call_that_would_pass_it(tmp_path: Path, name: str) -> None:
    budget, price, reason = LIMITS[name]
    model = Script([reply(FREEZE, WRITE, tokens=100), reply(FINISH)])
    run = make_run(tmp_path, model, budget=budget, price=price)
    if name == "time":
        run.deadline = run.deadline.at_most(0)
    events = run_to_end(run)
    assert end_of(events).reason == reason
    assert len(model.requests) == (0 if name == "time" else 1)
    assert run.state.usage.total_tokens <= 300


def test_the_reply_is_capped_by_what_is_left(tmp_path: Path) -> None:
    model = Script([reply(FREEZE, WRITE, tokens=400), reply(FINISH)])
    run_to_end(make_run(tmp_path, model, budget=Budget(max_tokens=5000)))
    first, second = model.caps
    assert first is not None
    assert second is not None
    assert 4900 <= first <= 5000
    assert 3000 <= second <= 5000 - 800 - 400


def test_a_model_error_ends_the_run_with_its_words(tmp_path: Path) -> None:
    model = Script([reply(FREEZE), ModelRejected("the key was refused: set OPENAI_API_KEY")])
    end = end_of(run_to_end(make_run(tmp_path, model)))
    assert end.reason == "model_error"
    assert "OPENAI_API_KEY" in end.detail


def lose(ctx: ToolContext, args: Args) -> Observation:
    """Lose the machine."""
    raise SandboxLostError("the engine is gone; start it and resume")


def test_a_lost_machine_ends_the_run_as_sandbox_error(tmp_path: Path) -> None:
    tools: tuple[AnyTool, ...] = (*TOOLS, Tool("lose", Args, lose))
    model = Script([reply(FREEZE, ("lose", {}))])
    end = end_of(run_to_end(make_run(tmp_path, model, tools=tools)))
    assert end.reason == "sandbox_error"


def test_cancel_ends_the_run_between_two_calls_and_it_can_go_on(tmp_path: Path) -> None:
    token = CancelToken()

    def cancel(ctx: ToolContext, args: Args) -> Observation:
        """Cancel the run."""
        token.cancel()
        return Observation(text="cancelled")

    tools: tuple[AnyTool, ...] = (*TOOLS, Tool("cancel", Args, cancel))
    model = Script([reply(FREEZE, ("cancel", {}), WRITE), reply(FINISH)])
    events = run_to_end(make_run(tmp_path, model, tools=tools, cancel=token))
    assert end_of(events).reason == "cancelled"
    assert not (tmp_path / "workspace" / "note.txt").exists()


def test_killed_at_any_event_it_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole = run_to_end(make_run(tmp_path / "whole", Script(GOOD)))
    for at in range(len(whole)):
        folder = tmp_path / f"killed-{at}"
        run = make_run(folder, Script(GOOD))
        with run.journal:
            for _ in zip(range(at), drive(run), strict=False):
                pass
        again = run_to_end(make_run(folder, Script(GOOD)))
        commits = [event.commit for event in (*again,) if isinstance(event, Committed)]
        end = end_of(again) if again else run.state.ended
        assert end is not None
        assert end.reason == "verified"
        assert commits in ([], [whole[-2].commit])  # type: ignore[union-attr]
        assert run_git(folder / "target", "rev-list", "--count", "agent/tiny-r1") == "1"


def test_messages_are_only_ever_appended(tmp_path: Path) -> None:
    model = Script([reply(text="hm"), *GOOD])
    run_to_end(make_run(tmp_path, model))
    for earlier, later in zip(model.requests, model.requests[1:], strict=False):
        assert later[: len(earlier)] == earlier


def test_every_assistant_call_is_answered_once(tmp_path: Path) -> None:
    model = Script([reply(FREEZE, ("nope", {}), WRITE), reply(FINISH)])
    run_to_end(make_run(tmp_path, model))
    last = model.requests[-1]
    asked = [call.id for message in last for call in message.calls]
    assert [message.call_id for message in last if message.role == "tool"] == asked


def chatter(ctx: ToolContext, args: Args) -> Observation:
    """Say very much."""
    return Observation(text="much\n" * 10_000)


def test_the_whole_of_a_long_observation_survives_a_resume_but_is_not_delivered(
    tmp_path: Path,
) -> None:
    tools: tuple[AnyTool, ...] = (*TOOLS, Tool("chatter", Args, chatter))
    model = Script([reply(FREEZE, WRITE), reply(("chatter", {}), ("look", {})), reply(FINISH)])
    run = make_run(tmp_path, model, tools=tools)
    events = run_to_end(run)
    kept, looked = [e for e in events if isinstance(e, ToolReturned)][-2:]
    assert kept.kept_at == ".agent/observations/1.txt"
    assert kept.kept_at in model.requests[2][-2].text
    assert run.trees.files(kept.tree)[kept.kept_at] == b"much\n" * 10_000
    assert looked.tree == kept.tree, "a call that only reads costs no tree"
    (committed,) = [e for e in events if isinstance(e, Committed)]
    assert list(run.trees.files(committed.tree)) == ["blueprint.json", "note.txt"]


def test_a_blueprint_without_endpoints_is_not_frozen(tmp_path: Path) -> None:
    blueprint = BLUEPRINT.model_copy(update={"endpoints": ()})
    model = Script([reply(("freeze_blueprint", {"unproven": ["*"]})), reply(FINISH), reply(FINISH)])
    run = make_run(tmp_path, model, blueprint=blueprint, budget=Budget(max_steps=2))
    run_to_end(run)
    assert "there are no endpoints" in model.requests[1][-1].text
    assert run.state.frozen is None


def test_written_tests_are_there_for_whoever_writes_the_code_and_not_delivered(
    tmp_path: Path,
) -> None:
    test = WrittenTest(name="ping", code="def test_ping():\n    raise AssertionError\n")
    blueprint = BLUEPRINT.model_copy(update={"tests": (test,)})
    model = Script([reply(FREEZE, WRITE), reply(FINISH)])
    run = make_run(tmp_path, model, blueprint=blueprint)
    events = run_to_end(run)
    said = model.requests[1][-2].text
    assert 'Its tests are in .agent/acceptance: start_server, then run_tests [".agent/' in said
    (committed,) = [e for e in events if isinstance(e, Committed)]
    assert list(run.trees.files(committed.tree)) == ["blueprint.json", "note.txt"]
    frozen = next(e for e in events if isinstance(e, ToolReturned) and e.name == "freeze_blueprint")
    assert run.trees.files(frozen.tree)[".agent/acceptance/test_ping.py"] == test.code.encode()


def test_a_model_may_ask_for_the_security_check_before_it_finishes(tmp_path: Path) -> None:
    model = Script([GOOD[0], reply(("security_check", {})), reply(FINISH)])
    run = make_run(tmp_path, model)
    events = run_to_end(run)
    assert end_of(events).reason == "verified"
    assert model.requests[2][-1].text == "passed. 2 files"


def test_a_test_that_failed_is_remembered_with_its_tree(tmp_path: Path) -> None:
    failing = REJECTED.model_copy(
        update={
            "project_tests": TestReport.of(
                (TestOutcome(id="tests/test_a.py::test_b[1]", outcome="failed"),)
            )
        }
    )
    run = make_run(tmp_path, Script([*GOOD, reply(FINISH)]), verdicts=[failing, PASSED])
    run_to_end(run)
    (seen,) = run.state.failing
    assert seen.names == {"tests/test_a.py::test_b[1]"}
    (earlier,) = history_of_tests(run.state.failing, run.trees)
    assert earlier.failing == {"tests/test_a.py::test_b"}
