"""Disputes: a fresh call decides, on record, at most three a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agent.events import Event, TestDisputed, ToolReturned
from agent.examiner.dispute import MAX_DISPUTES
from agent.models.base import Completion
from agent.run import Run
from agent.task import Budget
from tests.agent.examiner.test_examine import GOOD, submit
from tests.agent.kit import (
    BLUEPRINT,
    FINISH,
    FREEZE,
    UNLIMITED,
    Call,
    Script,
    all_fail,
    make_run,
    reply,
    run_to_end,
)
from tools.blueprint.model import WrittenTest

WRITTEN = "def test_song():\n    assert 0\n\ndef test_other():\n    assert 0\n"
FROZEN = BLUEPRINT.model_copy(
    update={"tests": (WrittenTest(name="song", code=WRITTEN, requirements=("R1",)),)}
)
MINE, OTHERS, SCENARIO = "test[song] test_song", "independent[m0] test_good", "scenario[ping]"


def ruled(ruling: str, why: str = "line 1 says so") -> Completion:
    return reply(("rule", {"ruling": ruling, "why": why}), tokens=7)


def dispute(test: str, reason: str = "the spec has no song") -> Call:
    return ("dispute", {"test": test, "reason": reason})


def disputed(
    folder: Path,
    calls: Sequence[Call],
    rulings: Mapping[str, Completion],
    budget: Budget = UNLIMITED,
) -> tuple[Script, Run, list[Event]]:
    model = Script(
        [reply(FREEZE), reply(*calls, FINISH)], submissions=[submit(GOOD)], rulings=rulings
    )
    run = make_run(folder, model, blueprint=FROZEN, on_nothing=all_fail, budget=budget)
    return model, run, run_to_end(run)


def answers(events: Sequence[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, ToolReturned) and e.name == "dispute"]


def test_a_test_that_is_upheld_still_counts(tmp_path: Path) -> None:
    _, run, events = disputed(tmp_path, [dispute(OTHERS)], {OTHERS: ruled("upheld")})
    assert answers(events) == [f"{OTHERS}: it stands. line 1 says so\n2 of 3 disputes left."]
    assert run.state.exam.counting is not None
    assert [test.id for test in run.state.exam.counting.tests] == [OTHERS]
    assert run.state.oracle == FROZEN
    [event] = [event for event in events if isinstance(event, TestDisputed)]
    assert (event.test, event.reason, event.ruling) == (OTHERS, "the spec has no song", "upheld")
    assert (event.usage.input_tokens, run.state.usage.input_tokens) == (7, 20 + 10 + 7)


def test_the_judge_sees_spec_test_and_reason_and_no_more(tmp_path: Path) -> None:
    model, _, _ = disputed(tmp_path, [dispute(MINE)], {MINE: ruled("upheld")})
    system, task = model.afresh[-1]
    assert "You decide a dispute" in system.text
    for part in ("1| It answers", "def test_song", "the spec has no song", "R1 (line 1"):
        assert part in task.text
    assert "test_other" not in task.text
    assert "/ping" not in task.text


@pytest.mark.parametrize("test", [MINE, OTHERS, SCENARIO])
def test_a_withdrawn_test_counts_for_nothing(tmp_path: Path, test: str) -> None:
    _, run, events = disputed(tmp_path, [dispute(test)], {test: ruled("withdrawn")})
    assert "withdrawn: it no longer counts" in answers(events)[0]
    assert run.state.exam.withdrawn == {test}
    assert run.state.exam.counting is not None
    assert run.state.oracle is not None
    left = {one.id for one in run.state.exam.counting.tests}
    left |= {f"scenario[{one.name}]" for one in run.state.oracle.scenarios}
    left |= {MINE for one in run.state.oracle.tests if "def test_song" in one.code}
    assert left == {MINE, OTHERS, SCENARIO} - {test}


def test_the_builders_copy_of_a_withdrawn_test_is_no_longer_collected(tmp_path: Path) -> None:
    _, run, _ = disputed(tmp_path, [dispute(MINE)], {MINE: ruled("withdrawn")})
    copy = run.context.workspace.read(".agent/acceptance/test_song.py").decode()
    assert copy == WRITTEN.replace("def test_song", "def retired_test_song")


def test_a_module_whose_tests_are_all_withdrawn_is_gone(tmp_path: Path) -> None:
    other = "test[song] test_other"
    rulings = {MINE: ruled("withdrawn"), other: ruled("withdrawn")}
    _, run, _ = disputed(tmp_path, [dispute(MINE), dispute(other)], rulings)
    assert [path for path in run.context.workspace.files() if "acceptance" in path] == []


def test_parameters_and_classes_in_the_id_do_not_matter(tmp_path: Path) -> None:
    calls = [dispute("test[song] TestAll::test_song[a b-1]")]
    _, run, _ = disputed(tmp_path, calls, {MINE: ruled("withdrawn")})
    assert run.state.exam.withdrawn == {MINE}


def test_there_are_three_disputes_and_one_of_each_test(tmp_path: Path) -> None:
    calls = [dispute(MINE), dispute(MINE), dispute("test[song] test_other"), dispute(OTHERS)]
    rulings = {
        MINE: ruled("upheld"),
        "test[song] test_other": ruled("upheld"),
        OTHERS: ruled("upheld"),
        SCENARIO: ruled("upheld"),
    }
    _, run, events = disputed(tmp_path, [*calls, dispute(SCENARIO)], rulings)
    assert len(run.state.exam.disputes) == MAX_DISPUTES == 3
    assert f"{MINE} was decided before" in answers(events)[1]
    assert answers(events)[4] == "all 3 disputes of this run are used"


@pytest.mark.parametrize("test", ["create[POST /books]", "tests/test_a.py::test_b", "", MINE[:-1]])
def test_only_frozen_tests_from_outside_can_be_disputed(tmp_path: Path, test: str) -> None:
    _, run, events = disputed(tmp_path, [dispute(test)], {})
    assert "there is no frozen test" in answers(events)[0]
    assert run.state.exam.disputes == []


@pytest.mark.parametrize("bad", [reply(text="Hm."), reply(("rule", {"ruling": "maybe"}))])
def test_a_judge_who_cannot_be_read_changes_nothing(tmp_path: Path, bad: Completion) -> None:
    _, run, events = disputed(tmp_path, [dispute(MINE)], {MINE: bad})
    assert "it stands. the judge gave no answer that can be read" in answers(events)[0]
    assert len(run.state.exam.disputes) == 1


def test_without_budget_there_is_no_judge_and_no_dispute_is_used(tmp_path: Path) -> None:
    budget = Budget(max_tokens=3_000, max_minutes=None)
    model, run, events = disputed(tmp_path, [dispute(MINE)], {}, budget)
    assert "no judge can be asked: the budget has room for fewer than 4000" in answers(events)[0]
    assert (model.afresh, run.state.exam.disputes) == ([], [])
