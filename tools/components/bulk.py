"""Endpoints that create, change or delete many rows at once, each over the one for a single row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tools.blueprint.model import Endpoint, Entity
from tools.components.base import ComponentError
from tools.components.columns import python_type
from tools.components.grants import callers_of
from tools.components.names import quote
from tools.components.operations import Operation, operations_of
from tools.components.payloads import takes_password
from tools.components.plan import Plan
from tools.components.routes import single_row_lines
from tools.components.views import views_of

BULK_OPERATIONS = {"bulk_create": "create", "bulk_update": "update", "bulk_delete": "delete"}
"""Operation -> the one for a single row."""


@dataclass(frozen=True)
class BulkRoute:
    """One path operation over many rows."""

    kind: str
    name: str
    decorator: str
    callers: str
    uses_caller: bool
    hashes_password: bool
    lines: list[str]
    """What is done with each `item`; the last one gives a row, or deletes it."""
    shown: str
    """The row as this caller may see it, as an expression."""
    schema: str
    """Of the single operation's body."""
    views: str
    """Type of the rows in the answer."""


def bulk_endpoints(entity: Entity, plan: Plan) -> list[Endpoint]:
    """The bulk endpoints of an entity, in the Blueprint's order."""
    return [
        endpoint
        for endpoint in plan.blueprint.endpoints
        if endpoint.entity == entity.name and endpoint.operation in BULK_OPERATIONS
    ]


def bulk_routes(entity: Entity, plan: Plan, imports: dict[str, str]) -> Iterator[BulkRoute]:
    """The routes of an entity's bulk endpoints.

    Raises:
        ComponentError: there is no endpoint for a single row that may do the same.
    """
    for endpoint in bulk_endpoints(entity, plan):
        yield _route(endpoint, single_of(endpoint, entity, plan), plan, imports)


def single_of(endpoint: Endpoint, entity: Entity, plan: Plan) -> Operation:
    """The operation that does for one row what the endpoint does for many."""
    kind = BULK_OPERATIONS[endpoint.operation]
    for operation in operations_of(plan).get(entity.name, ()):
        if operation.kind == kind and operation.endpoint.parent is None:
            if operation.endpoint.access != endpoint.access:
                raise ComponentError(f"{endpoint.key} needs the access of {operation.endpoint.key}")
            if entity.if_match == "required" and kind != "create":
                raise ComponentError(f"{endpoint.key} cannot say which versions it changes")
            return operation
    raise ComponentError(f"{endpoint.key} needs an endpoint that can {kind} one {entity.name}")


def _route(endpoint: Endpoint, single: Operation, plan: Plan, imports: dict[str, str]) -> BulkRoute:
    entity = single.entity
    body = single_row_lines(replace(single, object_param="key"), plan, imports)
    found = views_of(entity, endpoint, plan)
    several = len(found) > 1 and endpoint.operation != "bulk_delete"
    errors = {401, 403} if not single.callers.public else set()
    errors |= {409, 413, 422, plan.blueprint.conventions.errors.validation_status}
    errors |= set() if endpoint.operation == "bulk_create" else {404}
    status = f", status_code={endpoint.status}" if endpoint.status != 200 else ""
    answers = ", ".join(map(str, sorted(errors)))
    kind = f"response_model={plan.model(entity)}Batch"
    if endpoint.operation == "bulk_delete":
        kind = "response_class=Response"
    return BulkRoute(
        kind=endpoint.operation,
        name=f"{endpoint.operation}_{entity.table}",
        decorator=f"@router.{endpoint.method.lower()}({quote(endpoint.path)}{status}, {kind}, "
        f"responses=documented({answers}))",
        callers=callers_of(endpoint.access, plan).name,
        uses_caller=several or any("caller." in line for line in body),
        hashes_password=takes_password(single.endpoint, plan),
        lines=body,
        shown=f"show_{entity.name}(row, caller.role)" if several else "row",
        schema=single.schema or "",
        views=" | ".join(view.schema for view in found),
    )


def key_type(entity: Entity, plan: Plan) -> str:
    """Python type of the keys in a body."""
    return python_type(plan.key(entity), plan)
