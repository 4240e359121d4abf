"""Questions that the acceptance suite asks a Blueprint. Everything here is pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tools.blueprint.model import (
    Blueprint,
    CopyRule,
    Embed,
    Endpoint,
    Entity,
    EntityField,
    QuotaRule,
    StateMachine,
    StockRule,
    SumRule,
)

ANY_USER = "user"
"""Stands for every logged-in user where the Blueprint has users but no roles."""
ON_OBJECT = frozenset({"get", "update", "delete", "transition"})
"""Operations whose path ends in one object."""
Reach = Literal["none", "own", "all"]


def roles(blueprint: Blueprint) -> tuple[str, ...]:
    """The roles whose users the suite plays; () without users."""
    if blueprint.auth is None:
        return ()
    return tuple(role.name for role in blueprint.roles) or (ANY_USER,)


def reach(endpoint: Endpoint, role: str) -> Reach:
    """On whose objects that role may call the endpoint."""
    if endpoint.access.public:
        return "all"
    owns = [grant.own for grant in endpoint.access.grants if grant.role in (role, "*")]
    if not owns:
        return "none"
    return "own" if all(owns) else "all"


def granted(blueprint: Blueprint, endpoint: Endpoint) -> tuple[str, ...]:
    """The roles that may call it, those that reach every object first."""
    able = [role for role in roles(blueprint) if reach(endpoint, role) != "none"]
    return tuple(sorted(able, key=lambda role: reach(endpoint, role) == "own"))


def endpoints(blueprint: Blueprint, *operations: str) -> Iterator[tuple[Endpoint, Entity]]:
    """Endpoints of these operations that work on an entity, with it."""
    for endpoint in blueprint.endpoints:
        if endpoint.operation in operations and endpoint.entity is not None:
            yield endpoint, blueprint.entity(endpoint.entity)


def path_params(endpoint: Endpoint) -> tuple[str, ...]:
    """Names in braces, from left to right."""
    return tuple(re.findall(r"{(\w+)}", endpoint.path))


def key_field(endpoint: Endpoint, entity: Entity) -> EntityField:
    """The field by which the path's last parameter names the object."""
    last = path_params(endpoint)[-1]
    names = {field.name for field in entity.fields}
    return entity.field(last if last in names else entity.primary_key[0])


def hop(entity: Entity, step: str) -> EntityField:
    """The foreign key that a step of a path follows: its own name, or the entity it leads to."""
    for field in entity.fields:
        if field.references and step in (field.name, field.name.removesuffix("_id")):
            return field
    for field in entity.fields:
        if field.references and field.references.entity == step:
            return field
    raise KeyError(f"{entity.name} has no foreign key for {step!r}")


def owner_steps(entity: Entity) -> tuple[str, ...]:
    """The steps of the owner's path, `()` for an entity that nobody owns."""
    steps = tuple(entity.owner.split(".")) if entity.owner else ()
    return steps[1:] if len(steps) > 1 and steps[0] == entity.name else steps


def room(blueprint: Blueprint, entity: Entity, parent: str | None = None) -> int | None:
    """How many such objects one user can have (under one parent); None: any number."""
    filled = {field.name for field in entity.fields if field.generated == "caller"}
    filled |= {parent or ""} | set(owner_steps(entity) if len(owner_steps(entity)) == 1 else ())
    groups = [*entity.unique_together, *((f.name,) for f in entity.fields if f.unique)]
    groups += [group.fields for group in entity.unique_while]
    limits = [1 for group in groups if set(group) <= filled]
    limits += [
        rule.limit
        for rule in quotas(blueprint, entity.name)
        if rule.limit is not None and rule.amount is None and rule.per in filled
    ]
    return min(limits, default=None)


def is_scarce(blueprint: Blueprint, entity: Entity) -> bool:
    """Whether one user can have but few such objects, or few of those that they refer to."""
    above = [field.references.entity for field in entity.fields if field.references is not None]
    kinds = [entity, *(blueprint.entity(name) for name in above)]
    return any(room(blueprint, kind) is not None for kind in kinds)


def quotas(blueprint: Blueprint, entity: str) -> list[QuotaRule]:
    """The quotas of an entity's rows."""
    return [
        rule for rule in blueprint.rules if isinstance(rule, QuotaRule) and rule.entity == entity
    ]


@dataclass(frozen=True)
class ServerSet:
    """Fields that rules fill, whatever their `writable` says."""

    states: frozenset[str]
    computed: frozenset[str]


def server_set(blueprint: Blueprint, entity: Entity) -> ServerSet:
    """The fields of an entity that state machines, copies and sums fill."""
    rules = [
        rule
        for rule in blueprint.rules
        if isinstance(rule, StateMachine | CopyRule | SumRule) and rule.entity == entity.name
    ]
    return ServerSet(
        states=frozenset(rule.field for rule in rules if isinstance(rule, StateMachine)),
        computed=frozenset(rule.field for rule in rules if not isinstance(rule, StateMachine)),
    )


def shown(field: EntityField, role: str | None) -> bool:
    """Whether the field is in answers to that role; None: to a caller without a token."""
    return field.readable and (not field.readers or role in field.readers)


def ordinary(blueprint: Blueprint, endpoint: Endpoint) -> str | None:
    """The role that plays an endpoint's ordinary caller; None for nobody."""
    if endpoint.access.public:
        return None
    return next(iter(granted(blueprint, endpoint)), None)


def body_fields(
    blueprint: Blueprint, endpoint: Endpoint, entity: Entity, role: str | None = None
) -> list[EntityField]:
    """The entity's own fields that a request of this endpoint may set, state fields left out.

    `role` None: what the ordinary caller may set.
    """
    role = role or ordinary(blueprint, endpoint)
    wanted = {"always", "create"} if endpoint.operation in ("create", "register") else {"always"}
    filled = server_set(blueprint, entity)
    skipped = filled.states | filled.computed | {endpoint.parent}
    skipped |= set(owner_steps(entity)) if len(owner_steps(entity)) == 1 else set()
    auth = blueprint.auth
    if auth and entity.name == auth.user_entity:
        skipped |= {auth.hash_field, auth.password_field}
        decided = {auth.role_field, auth.active_field}
        skipped |= decided if endpoint.operation == "register" else set()
    return [
        field
        for field in entity.fields
        if field.writable in wanted
        and field.generated is None
        and field.name not in skipped
        and (not field.writers or role in field.writers)
        and (endpoint.fields is None or field.name in endpoint.fields)
    ]


def closed_fields(blueprint: Blueprint, endpoint: Endpoint, entity: Entity) -> list[EntityField]:
    """The entity's fields that a request of this endpoint must not set."""
    opened = {field.name for field in body_fields(blueprint, endpoint, entity)}
    states = server_set(blueprint, entity).states
    return [
        field
        for field in entity.fields
        if field.name not in opened
        and not (field.writers and field.writable != "never")
        and (field.name not in states or field.writable == "never")
    ]


def takes_password(blueprint: Blueprint, endpoint: Endpoint) -> bool:
    """Whether the body carries a password: registration, and a user made by somebody else; one
    that changes a user when its fields say so."""
    auth = blueprint.auth
    if auth is None or endpoint.operation == "register":
        return auth is not None
    told = auth.password_field in (endpoint.fields or ())
    takes = endpoint.operation == "create" or (endpoint.operation == "update" and told)
    return takes and endpoint.entity == auth.user_entity


def required(field: EntityField) -> bool:
    """Whether a body that creates a row must have it."""
    return not field.nullable and field.default is None


def embeds(endpoint: Endpoint, entity: Entity) -> tuple[Embed, ...]:
    """Children that a request of this endpoint writes inside the parent."""
    if endpoint.operation != "create":
        return ()
    return tuple(
        embed
        for embed in entity.embeds
        if endpoint.fields is None or embed.field in endpoint.fields
    )


def embedded_fields(blueprint: Blueprint, embed: Embed) -> list[EntityField]:
    """The fields of a child that the parent's body sets."""
    child = blueprint.entity(embed.entity)
    filled = server_set(blueprint, child)
    skipped = filled.states | filled.computed | {embed.via}
    return [
        field
        for field in child.fields
        if field.writable != "never" and field.generated is None and field.name not in skipped
    ]


def maker(blueprint: Blueprint, entity: str) -> tuple[Endpoint, Embed | None] | None:
    """The endpoint that creates rows of an entity, by itself or inside a parent; None without."""
    endpoint = blueprint.endpoint("create", entity)
    if endpoint is not None:
        return endpoint, None
    for parent in blueprint.entities:
        for embed in parent.embeds:
            endpoint = blueprint.endpoint("create", parent.name)
            if (
                embed.entity == entity
                and endpoint is not None
                and embed in embeds(endpoint, parent)
            ):
                return endpoint, embed
    return None


def counters(blueprint: Blueprint, entity: str) -> frozenset[str]:
    """The fields of an entity that stock rules take from, and those that hold a quota."""
    found = set()
    for rule in blueprint.rules:
        match rule:
            case StockRule(via=via, counter=counter) | QuotaRule(per=via, limit_field=str(counter)):
                key = blueprint.entity(rule.entity).field(via).references
                if key is not None and key.entity == entity:
                    found.add(counter)
    return frozenset(found)


def amounts(blueprint: Blueprint, entity: str) -> frozenset[str]:
    """The fields of an entity that say how much a stock rule takes, or a quota counts."""
    return frozenset(
        rule.amount
        for rule in blueprint.rules
        if isinstance(rule, StockRule | QuotaRule) and rule.entity == entity and rule.amount
    )


def machines(blueprint: Blueprint, entity: str) -> list[StateMachine]:
    """The state machines of an entity."""
    return [
        rule for rule in blueprint.rules if isinstance(rule, StateMachine) and rule.entity == entity
    ]


def hider(blueprint: Blueprint, field: EntityField) -> Endpoint | None:
    """The endpoint that hides what a foreign key leads to, where somebody may hide any row."""
    if field.references is None or not blueprint.entity(field.references.entity).soft_delete:
        return None
    endpoint = blueprint.endpoint("delete", field.references.entity)
    if endpoint is None or endpoint.parent:
        return None
    able = granted(blueprint, endpoint)
    wide = endpoint.access.public or (able and reach(endpoint, able[0]) == "all")
    return endpoint if wide else None


def partial_writers(
    blueprint: Blueprint, endpoint: Endpoint, entity: Entity
) -> Iterator[tuple[EntityField, str]]:
    """Fields that some callers of an endpoint may set, each with a caller's role that may not."""
    able = granted(blueprint, endpoint)
    for field in entity.fields:
        if field.writers and not endpoint.access.public and set(able) & set(field.writers):
            for role in able:
                mine = body_fields(blueprint, endpoint, entity, role)
                if role not in field.writers and field not in mine:
                    yield field, role


def conditional(blueprint: Blueprint, endpoint: Endpoint) -> bool:
    """Whether the endpoint is answered only to requests with an `If-Match`."""
    if endpoint.entity is None or endpoint.operation not in ON_OBJECT - {"get"}:
        return False
    return blueprint.entity(endpoint.entity).if_match == "required"


def is_given(blueprint: Blueprint, entity: Entity) -> bool:
    """Whether a Database Agent owns the entity's table."""
    return blueprint.given is not None and entity.table in blueprint.given.tables


def computed_fields(blueprint: Blueprint, entity: Entity) -> set[str]:
    """Computed fields and generated columns of a given database: any change may change them."""
    given = blueprint.given.computed if blueprint.given else ()
    return {
        field.name
        for field in entity.fields
        if field.computed or f"{entity.table}.{field.name}" in given
    }
