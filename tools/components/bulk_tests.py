"""What the generated tests of endpoints over many rows cover."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import Entity
from tools.components.bulk import bulk_endpoints, single_of
from tools.components.names import quote
from tools.components.operations import Operation
from tools.components.payloads import create_fields, update_fields
from tools.components.plan import Plan
from tools.components.resource_tests import RowMaker, row_maker
from tools.components.samples import other
from tools.components.scenes import caller_role
from tools.components.visibility_tests import writable_by


@dataclass(frozen=True)
class BulkTests:
    """One endpoint over many rows."""

    kind: str
    method: str
    url: str
    status: int
    headers: str
    rows: RowMaker
    body: str
    """Expression of the single operation's body."""
    broken: str | None
    """Key of a second item that makes it fail, and its value, as a dict display."""
    changes: str
    """A change that the caller may make, as a dict display."""
    missing: str
    """A key that no row has."""


def bulk_tests(entity: Entity, plan: Plan) -> Iterator[BulkTests]:
    """The tests of an entity's bulk endpoints."""
    base = plan.blueprint.conventions.base_path
    for endpoint in bulk_endpoints(entity, plan):
        single = single_of(endpoint, entity, plan)
        role = caller_role(single)
        yield BulkTests(
            kind=endpoint.operation,
            method=endpoint.method,
            url=quote(base + endpoint.path),
            status=endpoint.status,
            headers="" if role is None else ", headers=caller.headers",
            rows=row_maker(single, plan, role),
            body=f"await {single.name}_body(session)" if single.kind == "create" else "",
            broken=_broken(single, plan),
            changes=_change(single, plan),
            missing="str(new_id())" if plan.key(entity).type == "uuid" else "2147483647",
        )


def _broken(single: Operation, plan: Plan) -> str | None:
    """What only the database refuses, after the first row was made."""
    if single.kind != "create":
        return None
    for field in create_fields(single.entity, single.endpoint, plan):
        if field.references is not None:
            missing = "str(new_id())" if field.type == "uuid" else "2**31 - 1"
            return f"{{{quote(field.name)}: {missing}}}"
    return None


def _change(single: Operation, plan: Plan) -> str:
    if single.kind != "update":
        return ""
    role = caller_role(single)
    for field in update_fields(single.entity, single.endpoint, plan):
        plain = field.references is None and not field.unique and writable_by(field, role)
        sample = other(field, plan) if plain else None
        if sample is not None:
            return f"{{{quote(field.name)}: {sample.json}}}"
    return "{}"
