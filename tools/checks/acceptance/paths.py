"""Fills the parameters of an endpoint's path."""

from uuid import uuid4

from pydantic import JsonValue

from tools.blueprint.model import Blueprint, Endpoint, EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.api import Row


def path_to(blueprint: Blueprint, endpoint: Endpoint, row: Row, parent: JsonValue = None) -> str:
    """The endpoint's path for an object; what is not known gets an id that nothing has.

    Args:
        blueprint: where the endpoint is from.
        endpoint: any endpoint.
        row: the object that the path ends in, as far as it is known.
        parent: id of the parent in the path; None: the row's.
    """
    entity = blueprint.entity(endpoint.entity) if endpoint.entity else None
    params = list(facts.path_params(endpoint))
    filled: dict[str, JsonValue] = {}
    if entity and params and endpoint.operation in facts.ON_OBJECT:
        key = facts.key_field(endpoint, entity)
        filled[params.pop()] = row.get(key.name, absent(key))
    if entity and params and endpoint.parent:
        known = parent if parent is not None else row.get(endpoint.parent)
        filled[params.pop()] = known or absent(entity.field(endpoint.parent))
    path = endpoint.path
    for name in params:
        filled[name] = row.get(name, str(uuid4()))
    for name, value in filled.items():
        path = path.replace("{" + name + "}", str(value))
    return path


def absent(field: EntityField) -> JsonValue:
    """A well-formed key that no row has."""
    if field.type in ("integer", "bigint"):
        return 2_000_000_000
    return str(uuid4()) if field.type == "uuid" else "nothing-has-this-key"
