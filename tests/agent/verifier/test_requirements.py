"""Which requirements are shown, and by what."""

import pytest

from agent.verifier.requirements import trace_requirements
from agent.verifier.verdict import TestOutcome, TestStatus
from tests.tools.checks.library import LIBRARY
from tools.checks.acceptance.expected import expected_cases


def outcomes(failing: str = "") -> list[TestOutcome]:
    def outcome(case_id: str) -> TestStatus:
        return "failed" if failing and case_id.startswith(failing) else "passed"

    return [
        TestOutcome(id=case.id, outcome=outcome(case.id), requirements=case.requirements)
        for case in expected_cases(LIBRARY)
    ]


@pytest.mark.parametrize(
    ("requirement", "status"),
    [
        ("R1", "met"),
        ("R2", "met"),
        ("R3", "met"),
        ("R4", "unmet"),  # a custom endpoint that no scenario shows
        ("R5", "unmet"),  # a custom rule that no scenario shows
        ("R6", "met"),
        ("R7", "not_testable"),
    ],
)
def test_status_when_all_tests_pass(requirement: str, status: str) -> None:
    assert trace_requirements(LIBRARY, outcomes())[requirement].status == status


def test_one_failing_test_refutes() -> None:
    found = trace_requirements(LIBRARY, outcomes("create[POST /books]"))["R3"]
    assert (found.status, found.evidence) == ("unmet", ("create[POST /books]",))


def test_without_tests_nothing_is_met() -> None:
    found = trace_requirements(LIBRARY, [])
    assert {result.status for result in found.values()} == {"unmet", "not_testable"}


def test_only_a_scenario_shows_a_rule_written_by_hand() -> None:
    shown = LIBRARY.scenarios[0].model_copy(update={"requirements": ("R5",)})
    blueprint = LIBRARY.model_copy(update={"scenarios": (shown,)})
    passed = TestOutcome(id="create[POST /loans]", outcome="passed", requirements=("R5",))
    assert trace_requirements(blueprint, [passed])["R5"].status == "unmet"
    scenario = TestOutcome(id="scenario[browse]", outcome="passed", requirements=("R5",))
    assert trace_requirements(blueprint, [passed, scenario])["R5"].status == "met"
