"""docs/reliability.md says what the tables of the tests say."""

from pathlib import Path

from tests.agent.fault_matrix import FAULTS
from tests.agent.measured import load
from tests.agent.reliability import render

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make reliability`"


def test_what_was_measured_is_of_these_faults() -> None:
    answer = load("faults").answer
    assert {answer["faults"], answer["as_documented"]} == {len(FAULTS)}, "run `make bench-faults`"
    assert answer["false_success"] == 0
    peers = answer["peers"].values()
    assert {peer["faults"] for peer in peers} == {len(FAULTS)}
    assert {fault for peer in peers for fault in peer["fooled_by"]} <= FAULTS.keys()


def test_what_was_measured_of_crashes_is_all_equal() -> None:
    answer = load("crashes").answer
    assert (answer["equal"], answer["unequal"]) == (answer["points"], {})
    assert answer["points"] > 400
