"""Independent tests in a run: asked for once, before any code, checked, sent back once, fixed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agent.errors import ContextTooLong, ModelUnavailable
from agent.events import Event, ExaminerReplied, RunEnded, TestsFixed
from agent.models.base import Completion
from agent.models.prices import Price
from agent.task import Budget
from agent.verifier.verdict import CheckResult, TestReport
from tests.agent.kit import (
    FINISH,
    FREEZE,
    UNLIMITED,
    Script,
    all_fail,
    kinds,
    make_run,
    reply,
    run_to_end,
)

WRITE = ("note", {"text": "code"})
GOOD = 'def test_good():\n    """R1, line 1: it answers."""\n    assert 0\n'
NONSENSE = "def test_bad():\n    assert 0\n"
HOLLOW = 'def test_hollow():\n    """R1: it is not there."""\n    assert 1\n'


def submit(*codes: str, tokens: int = 10) -> Completion:
    modules = [{"name": f"m{number}", "code": code} for number, code in enumerate(codes)]
    return reply(("submit_tests", {"modules": modules}), tokens=tokens)


def hollow_passes(tests: Mapping[str, bytes]) -> tuple[CheckResult, TestReport]:
    check, report = all_fail(tests)
    changed = [
        one.model_copy(update={"outcome": "passed"}) if "hollow" in one.id else one
        for one in report.tests
    ]
    return check, TestReport.of(tuple(changed))


def examined(
    folder: Path,
    submissions: Sequence[Completion | Exception],
    *,
    budget: Budget = UNLIMITED,
    price: Price | None = None,
) -> tuple[Script, list[Event]]:
    model = Script([reply(FREEZE, WRITE), reply(FINISH)], submissions=submissions)
    run = make_run(folder, model, on_nothing=hollow_passes, budget=budget, price=price)
    return model, run_to_end(run)


def fixed(events: Sequence[Event]) -> TestsFixed:
    [event] = [event for event in events if isinstance(event, TestsFixed)]
    return event


def test_they_are_fixed_between_the_freeze_and_the_first_line_of_code(tmp_path: Path) -> None:
    _, events = examined(tmp_path, [submit(GOOD)])
    assert kinds(events)[3:9] == [
        "blueprint_frozen",
        "tool_returned",
        "examiner_replied",
        "tests_fixed",
        "tool_called",
        "tool_returned",
    ]
    suite = fixed(events).suite
    assert [(test.id, test.requirements, test.lines) for test in suite.tests] == [
        ("independent[m0] test_good", ("R1",), (1,))
    ]
    assert (suite.dropped, suite.skipped) == ((), "")
    assert fixed(events).sha256 == suite.sha256


def test_the_examiner_sees_spec_and_interface_and_no_more(tmp_path: Path) -> None:
    model, _ = examined(tmp_path, [submit(GOOD)])
    [[system, task]] = model.afresh
    assert "black-box acceptance tests" in system.text
    assert "1| It answers" in task.text
    assert "GET /ping  custom -> 200" in task.text
    assert "R1 (line 1): It answers" in task.text
    assert "scenario" not in task.text


@pytest.mark.parametrize(
    ("bad", "name", "words"),
    [
        (NONSENSE, "independent[m1] test_bad", "docstring must begin"),
        (HOLLOW, "independent[m1] test_hollow", "answers every request with 404"),
        ("import subprocess\n", "test_m1.py", "subprocess may not be imported"),
    ],
)
def test_what_cannot_count_is_sent_back_once_and_then_dropped(
    tmp_path: Path, bad: str, name: str, words: str
) -> None:
    model, events = examined(tmp_path, [submit(GOOD, bad), submit(GOOD, bad)])
    assert words in model.afresh[1][-1].text
    assert f"- {name}: " in model.afresh[1][-1].text
    suite = fixed(events).suite
    assert [test.id for test in suite.tests] == ["independent[m0] test_good"]
    assert [one.id for one in suite.dropped] == [name]
    assert list(suite.files) == ["test_m0.py"]


def test_what_is_mended_counts(tmp_path: Path) -> None:
    mended = NONSENSE.replace("():\n", '():\n    """R1: it sings."""\n')
    _, events = examined(tmp_path, [submit(GOOD, NONSENSE), submit(GOOD, mended)])
    suite = fixed(events).suite
    assert {test.function for test in suite.tests} == {"test_good", "test_bad"}
    assert suite.dropped == ()


@pytest.mark.parametrize("bad", [reply(text="I would rather not."), reply(("finish", {}))])
def test_no_tests_at_all_are_said_and_the_run_goes_on(tmp_path: Path, bad: Completion) -> None:
    _, events = examined(tmp_path, [bad, bad])
    suite = fixed(events).suite
    assert (suite.tests, [one.id for one in suite.dropped]) == ((), ["submit_tests"])
    assert isinstance(events[-1], RunEnded)
    assert events[-1].reason == "verified"


def test_tests_that_leave_no_report_on_the_empty_server_are_dropped(tmp_path: Path) -> None:
    def silent(tests: Mapping[str, bytes]) -> tuple[CheckResult, TestReport]:
        said = ("the tests left no report that can be read",)
        return CheckResult(name="x", status="could_not_run", findings=said), TestReport()

    model = Script([reply(FREEZE, WRITE), reply(FINISH)], submissions=[submit(GOOD)] * 2)
    events = run_to_end(make_run(tmp_path, model, on_nothing=silent))
    suite = fixed(events).suite
    assert (suite.tests, suite.dropped[0].why) == ((), "the tests left no report that can be read")


def test_its_tokens_and_dollars_count(tmp_path: Path) -> None:
    price = Price(input=1_000_000, cached_input=0, output=0)
    model = Script([reply(FREEZE, WRITE), reply(FINISH)], submissions=[submit(GOOD, tokens=500)])
    run = make_run(tmp_path, model, on_nothing=all_fail, price=price)
    run_to_end(run)
    assert (run.state.steps, run.state.usage.input_tokens) == (2, 520)
    assert run.state.cost_usd == 520


@pytest.mark.parametrize("tokens", [20_000, 50_000])
def test_with_too_little_left_nobody_is_asked_and_that_is_said(tmp_path: Path, tokens: int) -> None:
    model, events = examined(tmp_path, [], budget=Budget(max_tokens=tokens, max_minutes=None))
    assert model.afresh == []
    assert "fewer than 60000 tokens" in fixed(events).suite.skipped
    assert isinstance(events[-1], RunEnded)
    assert events[-1].reason == "verified"


def test_without_room_for_a_second_reply_what_is_good_stays(tmp_path: Path) -> None:
    spent = submit(GOOD, NONSENSE, tokens=30_000)
    budget = Budget(max_tokens=110_000, max_minutes=None)
    model, events = examined(tmp_path, [spent], budget=budget)
    assert len(model.afresh) == 1
    assert [test.function for test in fixed(events).suite.tests] == ["test_good"]
    assert [one.id for one in fixed(events).suite.dropped] == ["independent[m1] test_bad"]


def test_a_spec_too_long_for_the_model_is_no_reason_to_shorten_the_run(tmp_path: Path) -> None:
    _, events = examined(tmp_path, [ContextTooLong("too long")])
    assert fixed(events).suite.skipped == "too long"
    assert "compacted" not in kinds(events)


def test_a_model_that_cannot_be_reached_is_asked_again_on_resume(tmp_path: Path) -> None:
    _, events = examined(tmp_path, [ModelUnavailable("down")])
    assert isinstance(events[-1], RunEnded)
    assert events[-1].reason == "model_error"
    assert not [event for event in events if isinstance(event, ExaminerReplied)]


def test_without_the_setting_nobody_is_asked(tmp_path: Path) -> None:
    model = Script([reply(FREEZE, WRITE), reply(FINISH)])
    events = run_to_end(make_run(tmp_path, model))
    assert model.afresh == []
    assert "tests_fixed" not in kinds(events)
