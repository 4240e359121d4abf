"""What every backend promises, and what the Blueprint spells out itself."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint
from tools.checks.acceptance.case import Case, EndpointCase, EntityCase, ScenarioCase
from tools.checks.acceptance.trace import derivable, trace


def platform_cases(blueprint: Blueprint) -> Iterator[Case]:
    """`served`, `undeclared`, `table`, `health`, `cors` and the shapes of errors.

    All of them are our own layout's: a spec that dictates the form may serve no document at all.
    """
    if blueprint.form == "free":
        return
    for endpoint in blueprint.endpoints:
        yield EndpointCase(
            kind="served",
            subject=endpoint.key,
            requirements=trace(endpoint) if derivable(blueprint, endpoint) else (),
            endpoint=endpoint,
        )
    yield Case(kind="undeclared", subject="endpoints")
    yield Case(kind="unknown_route", subject="error")
    if blueprint.endpoints:
        yield Case(kind="wrong_method", subject="error")
    if any(endpoint.operation in ("create", "register") for endpoint in blueprint.endpoints):
        yield Case(kind="broken_json", subject="error")
    yield Case(kind="health", subject=blueprint.conventions.health_path)
    yield Case(kind="ready", subject=blueprint.conventions.ready_path)
    yield Case(kind="cors", subject="configured origin")
    for entity in blueprint.entities:
        yield EntityCase(
            kind="table",
            subject=entity.table,
            requirements=trace(entity, *entity.fields),
            entity=entity,
        )


def scenario_cases(blueprint: Blueprint) -> Iterator[ScenarioCase]:
    """One case per scenario."""
    for scenario in blueprint.scenarios:
        yield ScenarioCase(
            kind="scenario",
            subject=scenario.name,
            requirements=trace(scenario),
            scenario=scenario,
        )
