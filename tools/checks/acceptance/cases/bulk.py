"""Endpoints over many objects at once."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.cases.crud import caller
from tools.checks.acceptance.trace import exercised, trace

BULK = {
    "bulk_create": ("bulk_create", "bulk_create_whole"),
    "bulk_update": ("bulk_update", "bulk_update_whole"),
    "bulk_delete": ("bulk_delete", "bulk_delete_whole"),
}
"""Operation -> the kinds of its cases."""


def bulk_cases(blueprint: Blueprint) -> Iterator[EndpointCase]:
    """`bulk_*` does it for all, `bulk_*_whole` for none when one is refused."""
    for endpoint, entity in facts.endpoints(blueprint, *BULK):
        for kind in BULK[endpoint.operation]:
            yield EndpointCase(
                kind=kind,
                subject=endpoint.key,
                requirements=trace(*exercised(blueprint, endpoint, entity)),
                endpoint=endpoint,
                role=caller(blueprint, endpoint),
            )
