"""Traces every requirement of the spec to the acceptance tests that show or refute it."""

from collections.abc import Sequence

from agent.verifier.verdict import RequirementResult, TestOutcome
from tools.blueprint.model import Blueprint, CustomRule

SCENARIO = "scenario["


def trace_requirements(
    blueprint: Blueprint, tests: Sequence[TestOutcome]
) -> dict[str, RequirementResult]:
    """R-id -> whether it is met, in the spec's order.

    Met: at least one acceptance test that bears on it passed and none did not. A rule that is
    written by hand needs a scenario among them.
    """
    by_hand = {
        key for rule in blueprint.rules if isinstance(rule, CustomRule) for key in rule.requirements
    }
    return {
        requirement.id: _judge(
            [test for test in tests if requirement.id in test.requirements],
            not_testable=blueprint.not_testable.get(requirement.id),
            by_hand=requirement.id in by_hand,
        )
        for requirement in blueprint.requirements
    }


def _judge(
    tests: Sequence[TestOutcome], *, not_testable: str | None, by_hand: bool
) -> RequirementResult:
    refuting = tuple(test.id for test in tests if test.outcome != "passed")
    if refuting:
        return RequirementResult(status="unmet", evidence=refuting, reason="its tests do not pass")
    if by_hand and not any(test.id.startswith(SCENARIO) for test in tests):
        return RequirementResult(status="unmet", reason="no scenario shows this rule")
    if tests:
        return RequirementResult(status="met", evidence=tuple(test.id for test in tests))
    if not_testable is not None:
        return RequirementResult(status="not_testable", reason=not_testable)
    return RequirementResult(status="unmet", reason="no acceptance test bears on it")
