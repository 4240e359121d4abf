"""How lists are cut, filtered, searched and sorted."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Endpoint, Entity, EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import ComparisonCase, EndpointCase, FieldCase
from tools.checks.acceptance.cases.crud import caller
from tools.checks.acceptance.payloads import NUMBERS, ORDERED, distinct_values
from tools.checks.acceptance.trace import exercised, trace, with_enum

ROWS = 3
"""How many rows a test of a list makes."""


def list_cases(blueprint: Blueprint) -> Iterator[EndpointCase]:
    """`pages` or `whole` (without pages), `page_too_large`, `bad_cursor`, `filter`, `search`,
    `sort`, `order`; of what is computed `filter_computed` and `sort_computed`."""
    for endpoint, entity in facts.endpoints(blueprint, "list"):
        requirements = trace(*exercised(blueprint, endpoint, entity))
        role = caller(blueprint, endpoint)
        own = role is not None and facts.reach(endpoint, role) == "own"
        room = facts.room(blueprint, entity, endpoint.parent)
        cramped = own and room is not None and room < ROWS
        kinds = [] if cramped else ["pages" if endpoint.paged else "whole"]
        kinds += ["page_too_large"] if endpoint.paged else []
        if endpoint.paged and blueprint.conventions.pagination.style == "keyset":
            kinds.append("bad_cursor")
        for kind in kinds:
            yield EndpointCase(
                kind=kind,
                subject=endpoint.key,
                requirements=requirements,
                endpoint=endpoint,
                role=role,
            )
        if not cramped:
            yield from _query_cases(blueprint, endpoint, entity)
            yield from _order_cases(blueprint, endpoint, entity)
            yield from _comparison_cases(blueprint, endpoint, entity)


def _query_cases(blueprint: Blueprint, endpoint: Endpoint, entity: Entity) -> Iterator[FieldCase]:
    for kind, names in (
        ("filter", endpoint.filters),
        ("search", endpoint.search),
        ("sort", endpoint.sort),
    ):
        for name in names:
            field = entity.field(name)
            if _tellable(blueprint, kind, field):
                yield FieldCase(
                    kind=f"{kind}_computed" if field.computed else kind,
                    subject=f"{endpoint.key} {name}",
                    requirements=trace(endpoint, *with_enum(blueprint, field)),
                    endpoint=endpoint,
                    role=caller(blueprint, endpoint),
                    field=field,
                )


def _order_cases(blueprint: Blueprint, endpoint: Endpoint, entity: Entity) -> Iterator[FieldCase]:
    """One case for each term: among rows that are alike in those before it, it decides."""
    for term, (name, _) in zip(endpoint.order, endpoint.ordering, strict=True):
        field = entity.field(name)
        if field.references or field.computed or not _tellable(blueprint, "sort", field):
            return
        yield FieldCase(
            kind="order",
            subject=f"{endpoint.key} {term}",
            requirements=trace(endpoint, field),
            endpoint=endpoint,
            role=caller(blueprint, endpoint),
            field=field,
        )
        if field.unique:
            return


def _comparison_cases(
    blueprint: Blueprint, endpoint: Endpoint, entity: Entity
) -> Iterator[ComparisonCase]:
    for one in endpoint.comparisons:
        field = entity.field(one.field)
        set_by_server = field.generated is not None or field.writable == "never"
        needs_words = one.kind == "contains" and field.pattern is not None
        if field.references or set_by_server or needs_words:
            continue
        if not distinct_values(blueprint, field, 2)[1:]:
            continue
        yield ComparisonCase(
            kind="compare",
            subject=f"{endpoint.key} {one.param}",
            requirements=trace(endpoint, *with_enum(blueprint, field)),
            endpoint=endpoint,
            role=caller(blueprint, endpoint),
            field=field,
            comparison=one,
        )


def _tellable(blueprint: Blueprint, kind: str, field: EntityField) -> bool:
    """Whether rows can differ in the field so that the answer shows what the query did."""
    if field.computed:
        sortable = field.type in NUMBERS | {"date", "timestamptz"}
        return not field.nullable and (kind == "filter" or (kind == "sort" and sortable))
    if kind == "search":
        return field.type in ("string", "text") and not (field.format or field.pattern)
    if kind == "sort" and field.type not in ORDERED:
        return False
    return bool(field.references) or len(distinct_values(blueprint, field, 2)) == 2
