"""The endpoints of a resource as the functions that they become."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tools.blueprint.model import Endpoint, Entity, EntityField, StateMachine
from tools.components.base import ComponentError
from tools.components.grants import Callers, callers_of
from tools.components.plan import RESOURCE_OPERATIONS, Plan

_AUTH_NAMES = ("register", "login", "refresh", "logout", "me", "health", "ready")


@dataclass(frozen=True)
class Operation:
    """One endpoint: its function's name, its schema's name, its parameters."""

    endpoint: Endpoint
    entity: Entity
    name: str
    """Of the route's function; unique in the backend, and the OpenAPI operation id."""
    schema: str | None
    """Class of the body or the query; None when there is neither."""
    object_param: str | None
    parent_param: str | None
    machine: StateMachine | None
    callers: Callers

    @property
    def kind(self) -> str:
        """The Blueprint's operation."""
        return self.endpoint.operation

    @property
    def parent_field(self) -> EntityField | None:
        """The foreign key that the path fills."""
        return self.entity.field(self.endpoint.parent) if self.endpoint.parent else None


def operations_of(plan: Plan) -> dict[str, tuple[Operation, ...]]:
    """Entity name -> its operations, in the Blueprint's order.

    Raises:
        ComponentError: an endpoint's path or fields do not fit what it does.
    """
    names = set(_AUTH_NAMES)
    schemas: set[str] = set()
    operations: dict[str, list[Operation]] = {}
    for endpoint in plan.blueprint.endpoints:
        if endpoint.operation not in RESOURCE_OPERATIONS:
            continue
        operation = _operation(endpoint, plan, names, schemas)
        operations.setdefault(operation.entity.name, []).append(operation)
    return {name: tuple(found) for name, found in operations.items()}


def _operation(endpoint: Endpoint, plan: Plan, names: set[str], schemas: set[str]) -> Operation:
    if endpoint.entity is None:
        raise ComponentError(f"{endpoint.key} works on no entity")
    entity = plan.blueprint.entity(endpoint.entity)
    name = _first_free(_names(endpoint, entity), names)
    object_param, parent_param = _parameters(endpoint)
    return Operation(
        endpoint=endpoint,
        entity=entity,
        name=name,
        schema=_schema_name(endpoint, plan.model(entity), name, schemas),
        object_param=object_param,
        parent_param=parent_param,
        machine=_machine(endpoint, entity, plan) if endpoint.operation == "transition" else None,
        callers=callers_of(endpoint.access, plan),
    )


def _names(endpoint: Endpoint, entity: Entity) -> Iterable[str]:
    literals = [part.replace("-", "_") for part in _literal_parts(endpoint.path)]
    if endpoint.operation == "list":
        base = f"list_{entity.table}"
    elif endpoint.operation == "transition":
        verb = literals[-1] if not endpoint.path.endswith("}") else "move"
        base = f"{verb}_{entity.name}"
    else:
        base = f"{endpoint.operation}_{entity.name}"
    yield base
    if endpoint.parent is not None:
        yield f"{base}_of_{endpoint.parent.removesuffix('_id')}"
    yield f"{base}_{'_'.join(literals)}"
    yield from (f"{base}_{number}" for number in range(2, 100))


def _literal_parts(path: str) -> list[str]:
    return [part for part in path.strip("/").split("/") if part and not part.startswith("{")]


def _first_free(candidates: Iterable[str], taken: set[str]) -> str:
    name = next(c for c in candidates if c not in taken)
    taken.add(name)
    return name


def _schema_name(endpoint: Endpoint, model: str, name: str, taken: set[str]) -> str | None:
    if endpoint.operation == "list" and not endpoint.takes_query:
        return None
    suffixes = {"create": "Create", "update": "Update", "list": "Query"}
    if endpoint.operation == "transition" and endpoint.to is None:
        suffix = "Transition"
    elif endpoint.operation in suffixes:
        suffix = suffixes[endpoint.operation]
    else:
        return None
    long = "".join(part.capitalize() for part in name.split("_"))
    return _first_free((model + suffix, f"{long}{suffix}"), taken)


def _parameters(endpoint: Endpoint) -> tuple[str | None, str | None]:
    """Names of the path's parameters: of the object, of the parent."""
    params = re.findall(r"{(\w+)}", endpoint.path)
    on_object = endpoint.operation not in {"list", "create"}
    expected = int(on_object) + int(endpoint.parent is not None)
    if len(params) != expected:
        raise ComponentError(
            f"{endpoint.key}: a {endpoint.operation} endpoint"
            f"{' with a parent' if endpoint.parent else ''} needs {expected} path parameter(s), "
            f"not {len(params)}"
        )
    object_param = params[-1] if on_object else None
    return object_param, params[0] if endpoint.parent is not None else None


def _machine(endpoint: Endpoint, entity: Entity, plan: Plan) -> StateMachine:
    for machine in plan.rules(StateMachine, entity):
        values = plan.blueprint.enum(entity.field(machine.field).enum or "").values
        if endpoint.to is None or endpoint.to in values:
            return machine
    raise ComponentError(
        f"{endpoint.key}: no state machine of {entity.name} leads to {endpoint.to!r}"
    )
