"""Adds the usual endpoints of one entity."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, JsonValue

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.blueprint.model import Blueprint, Entity
from tools.blueprint.words import singular, snake_case
from tools.small.steps import take_step

JsonObject = dict[str, JsonValue]
SmallOperation = Literal["list", "get", "create", "update", "delete"]
METHODS = {"list": "GET", "get": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}
ON_ONE = ("get", "update", "delete")
"""Their path ends in the object's id."""


class AddEndpointsArgs(Args):
    """Arguments of `add_endpoints`."""

    entity: str
    path: str = Field(pattern="^/")
    operations: list[SmallOperation]
    access: Literal["anybody", "logged_in", "owner", "roles"]
    roles: list[str]
    search: list[str]
    filters: list[str]


def add_endpoints(ctx: ToolContext, args: AddEndpointsArgs) -> Observation:
    """Add endpoints of an entity that have the same access; the path is the list's (`/books`).

    access anybody: without login; logged_in: any user; owner: one's own rows only; roles: those in
    `roles`. `search`, `filters`: fields of the list. Children of a row: `/books/{book_id}/notes`.
    """
    blueprint = ctx.blueprint.load()
    entity = _find(blueprint, args.entity)
    parents = [f"{parent}_id" for parent in _parents(blueprint, args.path)]
    endpoints = [_endpoint(entity, operation, args, parents) for operation in args.operations]
    keys = [_foreign_key(parent) for parent in _parents(blueprint, args.path)]
    update: JsonObject = {"endpoints": [*endpoints]}
    if missing := [key for key in keys if key["name"] not in _names(entity)]:
        update["entities"] = [{"name": entity.name, "fields": [*missing]}]
    return take_step(ctx, update, {})


def _find(blueprint: Blueprint, name: str) -> Entity:
    wanted = singular(snake_case(name))
    for entity in blueprint.entities:
        if entity.name == wanted:
            return entity
    known = ", ".join(entity.name for entity in blueprint.entities) or "none yet"
    raise ToolError(f"there is no entity {wanted!r} (there are: {known}); add_entity first")


def _parents(blueprint: Blueprint, path: str) -> list[str]:
    """Entities whose id is a parameter of the path: `/recipes/{recipe_id}/comments`."""
    named = re.findall(r"\{(\w+)_id\}/", path)
    return [one.name for one in blueprint.entities if one.name in named]


def _names(entity: Entity) -> set[str]:
    return {field.name for field in entity.fields}


def _foreign_key(parent: str) -> JsonObject:
    """What a row has that lies under another in a path, although nobody described it."""
    return {
        "name": f"{parent}_id",
        "type": "uuid",
        "references": {"entity": parent, "on_delete": "cascade"},
        "writable": "create",
    }


def _endpoint(
    entity: Entity, operation: SmallOperation, args: AddEndpointsArgs, parents: Sequence[str]
) -> JsonObject:
    collection = args.path.rstrip("/")
    if (last := re.search(r"/\{\w+\}$", collection)) and operation in ON_ONE:
        collection = collection[: last.start()]
    own_id = f"/{{{entity.name}_id}}" if operation in ON_ONE else ""
    endpoint: JsonObject = {
        "operation": operation,
        "method": METHODS[operation],
        "path": collection + own_id,
        "entity": entity.name,
        "access": _access(operation, args),
    }
    if operation in {"list", "create"} and parents:
        endpoint["parent"] = parents[-1]
    if operation == "list":
        endpoint |= {"search": [*args.search], "filters": [*args.filters]}
    return endpoint


def _access(operation: SmallOperation, args: AddEndpointsArgs) -> str:
    if args.access == "owner":
        return "*" if operation == "create" else "* own"
    if args.access == "roles":
        return ", ".join(args.roles)
    return "public" if args.access == "anybody" else "*"


ADD_ENDPOINTS = Tool(
    "add_endpoints", AddEndpointsArgs, add_endpoints, changes_files=True, phase="before_freeze"
)
