"""Changes that say which version of an object they change."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.cases.crud import caller
from tools.checks.acceptance.trace import trace


def version_cases(blueprint: Blueprint) -> Iterator[EndpointCase]:
    """`stale_version`, `current_version` and `no_version`."""
    for endpoint, entity in facts.endpoints(blueprint, "update", "delete"):
        if entity.if_match == "ignored":
            continue
        kinds = ["stale_version"]
        kinds += ["current_version"] if blueprint.endpoint("get", entity.name) else []
        kinds += ["no_version"] if entity.if_match == "required" else []
        for kind in kinds:
            yield EndpointCase(
                kind=kind,
                subject=endpoint.key,
                requirements=trace(endpoint, entity),
                endpoint=endpoint,
                role=caller(blueprint, endpoint),
            )
