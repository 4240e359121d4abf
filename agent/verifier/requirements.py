"""Traces every requirement of the spec to the acceptance tests that show or refute it."""

from collections.abc import Sequence

from agent.verifier.verdict import RequirementResult, TestOutcome
from tools.blueprint.coverage import missing_proof
from tools.blueprint.model import Blueprint, RequirementId


def trace_requirements(
    blueprint: Blueprint, tests: Sequence[TestOutcome]
) -> dict[RequirementId, RequirementResult]:
    """R-id -> whether it is met, in the spec's order.

    Met: at least one acceptance test that bears on it passed and none did not. A rule that is
    written by hand needs a scenario or a written test among them.
    """
    return {
        requirement.id: _judge(
            blueprint,
            requirement.id,
            [test for test in tests if requirement.id in test.requirements],
        )
        for requirement in blueprint.requirements
    }


def _judge(
    blueprint: Blueprint, requirement: RequirementId, tests: Sequence[TestOutcome]
) -> RequirementResult:
    refuting = tuple(test.id for test in tests if test.outcome != "passed")
    if refuting:
        return RequirementResult(status="unmet", evidence=refuting, reason="its tests do not pass")
    evidence = tuple(test.id for test in tests)
    if lacking := missing_proof(blueprint, requirement, evidence):
        return RequirementResult(status="unmet", reason=lacking)
    if evidence:
        return RequirementResult(status="met", evidence=evidence)
    return RequirementResult(status="not_testable", reason=blueprint.not_testable[requirement])
