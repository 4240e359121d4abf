"""What proof a requirement will need is known before anything is frozen."""

import pytest

from agent.verifier.requirements import trace_requirements
from agent.verifier.verdict import TestOutcome
from tests.tools.checks.library import LIBRARY
from tests.tools.examples import LIBRARY as DRAFT
from tools.blueprint.coverage import NO_PART, find_gaps
from tools.blueprint.model import Blueprint, Scenario
from tools.checks.acceptance.expected import expected_cases

EXCUSED = LIBRARY.model_copy(update={"not_testable": {"R5": "hard", "R7": "background"}})
SHOWN = LIBRARY.model_copy(
    update={
        "scenarios": (
            *LIBRARY.scenarios,
            Scenario(name="sunday", steps=LIBRARY.scenarios[0].steps, requirements=("R4", "R5")),
        )
    }
)


def reasons(blueprint: Blueprint) -> dict[str, str]:
    return {gap.requirement.id: gap.reason for gap in find_gaps(blueprint)}


@pytest.mark.parametrize("blueprint", [LIBRARY, EXCUSED, SHOWN])
def test_the_freeze_and_the_verdict_agree(blueprint: Blueprint) -> None:
    tests = [
        TestOutcome(id=case.id, outcome="passed", requirements=case.requirements)
        for case in expected_cases(blueprint)
    ]
    results = trace_requirements(blueprint, tests)
    unmet = {key: found.reason for key, found in results.items() if found.status == "unmet"}
    assert reasons(blueprint) == unmet


def test_what_is_written_by_hand_needs_a_scenario() -> None:
    assert reasons(LIBRARY) == {
        "R4": "no test can be derived from GET /statistics, so a scenario or test must show it",
        "R5": "rule weekend is written by hand, so a scenario or test must show it",
    }
    assert reasons(SHOWN) == {}


def test_not_testable_does_not_excuse_a_custom_rule() -> None:
    assert reasons(EXCUSED)["R5"] == (
        "rule weekend is written by hand, so a scenario or test must show it; "
        "not_testable contradicts it"
    )


def test_while_there_are_problems_the_parts_that_name_a_requirement_stand_for_its_tests() -> None:
    broken = LIBRARY.model_copy(update={"auth": None})
    assert set(reasons(broken)) == {"R4", "R5"}
    assert reasons(DRAFT) == {"R4": NO_PART}
