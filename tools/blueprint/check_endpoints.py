"""Checks of endpoints: who may call them, and that they fit what they work on."""

import re
from collections import Counter
from collections.abc import Iterator

from tools.blueprint.check_entities import NUMERIC, TEXTUAL, names_of
from tools.blueprint.model import (
    Blueprint,
    ComparisonKind,
    Endpoint,
    Entity,
    EntityField,
    StateMachine,
)
from tools.blueprint.problem import Problem

Finding = tuple[str, str, str]
"""What, why, how to fix it."""

_METHODS = {
    "list": {"GET"}, "get": {"GET"}, "me": {"GET"}, "create": {"POST"}, "register": {"POST"},
    "login": {"POST"}, "refresh": {"POST"}, "logout": {"POST", "DELETE"},
    "update": {"PATCH", "PUT"}, "delete": {"DELETE"}, "transition": {"POST", "PUT", "PATCH"},
    "bulk_create": {"POST"}, "bulk_update": {"PATCH", "PUT", "POST"},
    "bulk_delete": {"DELETE", "POST"},
}  # fmt: skip
_BULK = frozenset({"bulk_create", "bulk_update", "bulk_delete"})
_ON_ENTITIES = _BULK | {"list", "get", "create", "update", "delete", "transition"}
_ON_ONE = frozenset({"get", "update", "delete", "transition"})
_KEPT = frozenset({"list", "get", "custom"})
_NO_ORDER = frozenset({"jsonb", "bytes", "array"})


def check_endpoints(blueprint: Blueprint) -> Iterator[Problem]:
    """Every problem of the endpoints."""
    shapes = Counter(_shape(endpoint) for endpoint in blueprint.endpoints)
    for endpoint in blueprint.endpoints:
        where = f"endpoint {endpoint.key}"
        if shapes[_shape(endpoint)] > 1:
            yield Problem(
                where,
                "another endpoint has the same method and path",
                "Only one of them could ever be reached",
                "merge them or change one path",
                endpoint.line,
            )
        yield from _check_access(blueprint, endpoint)
        for what, why, fix in _shape_problems(blueprint, endpoint):
            yield Problem(where, what, why, fix, endpoint.line)
        entity = next((e for e in blueprint.entities if e.name == endpoint.entity), None)
        if entity is not None:
            for what, why, fix in (
                *_field_problems(endpoint, entity, _password_of(blueprint, endpoint)),
                *_transition_problems(blueprint, endpoint),
            ):
                yield Problem(where, what, why, fix, endpoint.line)


def _shape(endpoint: Endpoint) -> str:
    return re.sub(r"\{\w*\}", "{}", endpoint.key)


def _check_access(blueprint: Blueprint, endpoint: Endpoint) -> Iterator[Problem]:
    access, where = endpoint.access, f"endpoint {endpoint.key}"
    if access.public == bool(access.grants):
        yield Problem(
            where,
            "it is both public and granted to roles" if access.public else "nobody may call it",
            "Every endpoint needs exactly one authorization decision; public must be written down",
            'set access to {"public": true} or to grants such as [{"role": "admin"}]',
            endpoint.line,
            gap=not access.public,
        )
    roles = {role.name for role in blueprint.roles}
    for name in sorted({grant.role for grant in access.grants} - roles - {"*"}):
        yield Problem(
            where,
            f"it is granted to {name!r}, which is no role",
            "A grant names a role or `*`",
            f"add the role or use one of {', '.join(sorted(roles)) or '*'}",
            endpoint.line,
        )
    if access.grants and blueprint.auth is None:
        yield Problem(
            where,
            "it needs a login, but the Blueprint has no auth",
            "Without users nobody can log in",
            "add auth and a user entity, or make the endpoint public",
            endpoint.line,
            gap=True,
        )
    yield from _check_ownership(blueprint, endpoint)


def _check_ownership(blueprint: Blueprint, endpoint: Endpoint) -> Iterator[Problem]:
    owned = [e for e in blueprint.entities if e.name == endpoint.entity and e.owner]
    if any(grant.own for grant in endpoint.access.grants) and not owned:
        yield Problem(
            f"endpoint {endpoint.key}",
            f"a grant is limited to own objects, but `{endpoint.entity}` has no owner",
            "Ownership is checked by a path from the entity to a user",
            "set the entity's owner to the field that holds the user's id, or to a path to it",
            endpoint.line,
            gap=True,
        )


def _shape_problems(blueprint: Blueprint, endpoint: Endpoint) -> Iterator[Finding]:
    operation, method = endpoint.operation, endpoint.method
    if method not in _METHODS.get(operation, {method}):
        yield (
            f"operation {operation} with method {method}",
            "Clients and caches rely on what methods mean",
            f"use {' or '.join(sorted(_METHODS[operation]))}, or operation custom",
        )
    names = {entity.name for entity in blueprint.entities}
    if operation in _ON_ENTITIES and endpoint.entity not in names:
        yield (
            f"it works on {endpoint.entity!r}, which is no entity",
            f"Operation {operation} needs one",
            f"name one of {', '.join(sorted(names)) or 'the entities to be added'}",
        )
    if endpoint.idempotent and method != "POST":
        yield (
            f"idempotent with method {method}",
            "The other methods are idempotent by themselves",
            "set it on POST only",
        )
    if endpoint.cache_s and operation not in _KEPT:
        yield (
            f"cache_s on operation {operation} with method {method}",
            "Only what many may read is kept: never a change, nor what is about the caller",
            "remove it, or set it on a list or on one object",
        )
    if not endpoint.paged and operation != "list":
        yield "paged false on what is no list", "Only lists have pages", "remove it"
    if endpoint.cache_s and method != "GET":
        yield f"cache_s with method {method}", "Only answers to GET are kept", "remove it"
    params = re.findall(r"\{(\w*)\}", endpoint.path)
    if len(set(params)) != len(params) or "" in params:
        yield "its path parameters are not distinct", "Each fills one argument", "rename them"
    expected = (operation in _ON_ONE) + (endpoint.parent is not None)
    if operation in _ON_ENTITIES and len(params) != expected:
        yield (
            f"its path has {len(params)} parameters instead of {expected}",
            "get, update, delete and transition name one object; a parent adds one",
            "correct the path, set parent, or use operation custom",
        )


def _password_of(blueprint: Blueprint, endpoint: Endpoint) -> set[str]:
    """The key that carries a password in bodies that make or change a user, as a set."""
    auth = blueprint.auth
    writes = endpoint.operation in ("create", "update")
    return (
        {auth.password_field} if auth and writes and endpoint.entity == auth.user_entity else set()
    )


def _field_problems(endpoint: Endpoint, entity: Entity, password: set[str]) -> Iterator[Finding]:
    lists = {
        "filters": endpoint.filters,
        "search": endpoint.search,
        "sort": endpoint.sort,
        "order": tuple(name for name, _ in endpoint.ordering),
    }
    for name, fields in {**lists, "fields": endpoint.fields or ()}.items():
        if missing := sorted(
            set(fields) - names_of(entity) - (password if name == "fields" else set())
        ):
            yield (
                f"{name} names missing fields: {', '.join(missing)}",
                f"They must be fields of `{entity.name}`",
                f"use some of {', '.join(sorted(names_of(entity) | password))}",
            )
        if name in lists and fields and endpoint.operation != "list":
            yield f"{name} on operation {endpoint.operation}", "Only lists have them", "remove them"
    for field in entity.fields:
        for name, fields in lists.items():
            if field.name in fields:
                yield from _list_problems(name, field)
        if field.name in (endpoint.fields or ()):
            yield from _write_problems(endpoint, field, password)
    yield from _comparison_problems(endpoint, entity)
    keys = {field.name for field in entity.fields if field.references}
    if endpoint.parent is not None and endpoint.parent not in keys:
        yield (
            f"its parent {endpoint.parent!r} is no foreign key of `{entity.name}`",
            "The path's first parameter fills it",
            f"use one of {', '.join(sorted(keys)) or 'the foreign keys to be added'}",
        )


def _comparison_problems(endpoint: Endpoint, entity: Entity) -> Iterator[Finding]:
    if endpoint.comparisons and endpoint.operation != "list":
        yield (
            f"comparisons on operation {endpoint.operation}",
            "Only lists have them",
            "remove them",
        )
    known = {field.name: field for field in entity.fields}
    names = Counter([*(one.param for one in endpoint.comparisons), *endpoint.filters])
    for one in endpoint.comparisons:
        field = known.get(one.field)
        if field is None or not field.readable:
            yield (
                f"it compares `{one.field}`, which callers do not see",
                "A filter is about a field of the answers",
                f"use some of {', '.join(sorted(known))}",
            )
        elif not _comparable(one.kind, field):
            yield (
                f"`{one.param}`: {one.kind} cannot compare `{field.name}` of type {field.type}",
                "contains needs text, absent a nullable field, the others numbers or times",
                "remove it or choose another kind",
            )
        if names[one.param] > 1:
            yield f"two filters are called `{one.param}`", "Each is one parameter", "rename one"


def _comparable(kind: ComparisonKind, field: EntityField) -> bool:
    if kind == "absent":
        return field.nullable
    if kind == "contains":
        return field.type in TEXTUAL
    return field.type in NUMERIC or field.type in {"date", "time", "timestamptz"}


def _list_problems(name: str, field: EntityField) -> Iterator[Finding]:
    if not field.readable:
        yield f"{name} uses the secret `{field.name}`", "It would leak", "remove it"
    if field.type in _NO_ORDER or (name == "search" and field.type not in TEXTUAL):
        yield (
            f"{name} cannot use `{field.name}` of type {field.type}",
            "search needs text; filters and sort need comparable values",
            "remove it",
        )


def _write_problems(
    endpoint: Endpoint, field: EntityField, password: set[str]
) -> Iterator[Finding]:
    fixed = field.writable == "create" and endpoint.operation == "update"
    if field.writable == "never" or fixed:
        yield (
            f"it sets `{field.name}`, which is writable {field.writable!r}",
            "That field is not for clients to set here",
            f"name `{min(password)}`, which is stored as a hash"
            if password and not field.readable
            else "remove it from fields, or change the field's writable",
        )


def _transition_problems(blueprint: Blueprint, endpoint: Endpoint) -> Iterator[Finding]:
    if endpoint.operation != "transition":
        return
    machines = [
        rule
        for rule in blueprint.rules
        if isinstance(rule, StateMachine) and rule.entity == endpoint.entity
    ]
    if not machines:
        yield (
            f"`{endpoint.entity}` has no state machine",
            "A transition moves an object along one",
            "add a rule of kind states, or use operation custom",
        )
    targets = {move.target for machine in machines for move in machine.transitions}
    if machines and endpoint.to is not None and endpoint.to not in targets:
        yield (
            f"no transition leads to {endpoint.to!r}",
            "The endpoint could never succeed",
            f"use one of {', '.join(sorted(targets))}",
        )
