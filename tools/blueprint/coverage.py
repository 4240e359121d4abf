"""Which requirements of the spec the Blueprint's tests will show, and what the others lack."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.blueprint.model import (
    Blueprint,
    CustomRule,
    Endpoint,
    Requirement,
    RequirementId,
    Traced,
)
from tools.blueprint.parts import named_parts
from tools.blueprint.validate import validate_blueprint
from tools.checks.acceptance.expected import expected_cases
from tools.checks.acceptance.trace import derivable

SHOWING = ("scenario", "test[", "independent[")
"""How the ids of what shows a rule in words begin: `scenario[buy]`, `test[zip_bomb]`."""
NO_PART = "no part shows it"
NO_ENDPOINTS = "there are no endpoints: add those that the spec asks for"


def lacks_endpoints(blueprint: Blueprint) -> bool:
    """Whether nothing says what the backend answers. Where the spec dictates the form, tests do."""
    return not blueprint.endpoints and not (blueprint.form == "free" and blueprint.tests)


@dataclass(frozen=True)
class Gap:
    """A requirement without proof."""

    requirement: Requirement
    reason: str


def uncovered(blueprint: Blueprint) -> list[Requirement]:
    """Requirements without proof, in order."""
    return [gap.requirement for gap in find_gaps(blueprint)]


def find_gaps(blueprint: Blueprint) -> list[Gap]:
    """Requirements that would be unmet even if every acceptance test passed, in order.

    While the Blueprint has problems its tests are unknown: the parts that name a requirement
    stand for them.
    """
    tests = _named_by(blueprint) if validate_blueprint(blueprint) else _borne_by(blueprint)
    found = (
        (requirement, missing_proof(blueprint, requirement.id, tests.get(requirement.id, ())))
        for requirement in blueprint.requirements
    )
    return [Gap(requirement, reason) for requirement, reason in found if reason]


def missing_proof(blueprint: Blueprint, requirement: RequirementId, tests: Sequence[str]) -> str:
    """What a requirement lacks when tests of these ids bear on it and pass; "" for nothing.

    A rule that is written by hand is proven by a scenario or a written test only, whatever else
    names the requirement or excuses it.
    """
    parts = named_parts(blueprint).items()
    naming = {name: part for name, part in parts if requirement in part.requirements}
    rules = [name for name, part in naming.items() if isinstance(part, CustomRule)]
    if rules and not any(test.startswith(SHOWING) for test in tests):
        contradiction = "; not_testable contradicts it" if _excused(blueprint, requirement) else ""
        return f"{rules[0]} is written by hand, so a scenario or test must show it{contradiction}"
    if tests or _excused(blueprint, requirement):
        return ""
    if naming:
        return (
            f"no test can be derived from {', '.join(naming)}, so a scenario or test must show it"
        )
    return NO_PART


def _excused(blueprint: Blueprint, requirement: RequirementId) -> bool:
    return requirement in blueprint.not_testable


def _borne_by(blueprint: Blueprint) -> dict[RequirementId, list[str]]:
    """R-id -> ids of the acceptance tests that bear on it."""
    tests: dict[RequirementId, list[str]] = {}
    for case in expected_cases(blueprint):
        for requirement in case.requirements:
            tests.setdefault(requirement, []).append(case.id)
    for test in blueprint.tests:
        for requirement in test.requirements:
            tests.setdefault(requirement, []).append(f"test[{test.name}]")
    return tests


def _named_by(blueprint: Blueprint) -> dict[RequirementId, list[str]]:
    """R-id -> names of the parts that name it, without those that are written by hand."""
    tests: dict[RequirementId, list[str]] = {}
    for name, part in named_parts(blueprint).items():
        if not _by_hand(blueprint, part):
            for requirement in part.requirements:
                tests.setdefault(requirement, []).append(name)
    return tests


def _by_hand(blueprint: Blueprint, part: Traced) -> bool:
    if isinstance(part, Endpoint):
        return not derivable(blueprint, part)
    return isinstance(part, CustomRule)
