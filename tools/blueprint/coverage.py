"""Which requirements of the spec the Blueprint answers."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, CustomRule, Requirement, RequirementId, Traced


def uncovered(blueprint: Blueprint) -> list[Requirement]:
    """Requirements that nothing testable names and that are not `not_testable`, in order."""
    known = set(covered_ids(blueprint)) | set(blueprint.not_testable)
    return [requirement for requirement in blueprint.requirements if requirement.id not in known]


def covered_ids(blueprint: Blueprint) -> Iterator[RequirementId]:
    """R-ids that a node with tests of its own names; may repeat.

    A custom rule is words: only a scenario can show that it holds.
    """
    for node in traced_nodes(blueprint):
        if not isinstance(node, CustomRule):
            yield from node.requirements


def traced_nodes(blueprint: Blueprint) -> Iterator[Traced]:
    """Every node that can carry requirements."""
    yield from blueprint.enums
    yield from blueprint.roles
    yield from blueprint.endpoints
    yield from blueprint.rules
    yield from blueprint.scenarios
    if blueprint.auth is not None:
        yield blueprint.auth
    for entity in blueprint.entities:
        yield entity
        yield from entity.fields
