"""What the standard operations do with an object."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Endpoint, Entity, EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import Case, EndpointCase, FieldCase
from tools.checks.acceptance.trace import exercised, trace, with_enum

PARSED_IDS = frozenset({"uuid", "integer", "bigint"})


def crud_cases(blueprint: Blueprint) -> Iterator[Case]:
    """The operations themselves, ids that lead nowhere, rows that others refer to, secrets."""
    for endpoint, entity in facts.endpoints(blueprint, "create", "get", "update", "delete"):
        yield _case(blueprint, endpoint.operation, endpoint, entity)
    for endpoint, entity in facts.endpoints(blueprint, *facts.ON_OBJECT):
        if facts.path_params(endpoint):
            yield _case(blueprint, "missing", endpoint, entity)
            if facts.key_field(endpoint, entity).type in PARSED_IDS:
                yield _case(blueprint, "malformed_id", endpoint, entity)
    for endpoint, entity in facts.endpoints(blueprint, "list", "create"):
        if endpoint.parent:
            yield _case(blueprint, "missing_parent", endpoint, entity)
    for endpoint, entity in facts.endpoints(blueprint, "delete"):
        if entity.soft_delete:
            yield _case(blueprint, "soft_delete", endpoint, entity)
    yield from _password_cases(blueprint)
    yield from _referred_cases(blueprint)
    yield from _hidden_cases(blueprint)
    yield from _visibility_cases(blueprint)


def _password_cases(blueprint: Blueprint) -> Iterator[EndpointCase]:
    if blueprint.endpoint("login") is None:
        return
    for endpoint, entity in facts.endpoints(blueprint, "create", "update"):
        if facts.takes_password(blueprint, endpoint):
            yield _case(blueprint, "password", endpoint, entity)


def _referred_cases(blueprint: Blueprint) -> Iterator[FieldCase]:
    """`restrict`, `cascade` and `set_null`: what deleting a row does to those that refer to it."""
    for endpoint, entity in facts.endpoints(blueprint, "delete"):
        for child, key in _referrers(blueprint, entity):
            if key.references and not entity.soft_delete:
                yield FieldCase(
                    kind=key.references.on_delete,
                    subject=f"{endpoint.key} with {child.name}.{key.name}",
                    requirements=trace(endpoint, key),
                    endpoint=endpoint,
                    role=caller(blueprint, endpoint),
                    field=key,
                )


def _referrers(blueprint: Blueprint, entity: Entity) -> Iterator[tuple[Entity, EntityField]]:
    """Foreign keys to an entity whose rows the suite can make through the API."""
    for other in blueprint.entities:
        if facts.maker(blueprint, other.name) is None:
            continue
        for field in other.fields:
            if field.references and field.references.entity == entity.name:
                yield other, field


def _hidden_cases(blueprint: Blueprint) -> Iterator[FieldCase]:
    for endpoint, entity in facts.endpoints(blueprint, "get", "list"):
        for field in entity.fields:
            if not field.readable:
                yield FieldCase(
                    kind="hidden",
                    subject=f"{endpoint.key} {field.name}",
                    requirements=trace(*with_enum(blueprint, field)),
                    endpoint=endpoint,
                    role=caller(blueprint, endpoint),
                    field=field,
                )


def _visibility_cases(blueprint: Blueprint) -> Iterator[FieldCase]:
    """`visible` and `veiled`: fields that some roles find in answers, and some do not."""
    for endpoint, entity in facts.endpoints(blueprint, "get", "list"):
        roles = (None,) if endpoint.access.public else facts.granted(blueprint, endpoint)
        for field in entity.fields:
            for role in roles if field.readable and field.readers else ():
                kind = "visible" if facts.shown(field, role) else "veiled"
                yield _role_case(kind, endpoint, field, role)
    for endpoint, entity in facts.endpoints(blueprint, "create", "update"):
        for field, role in facts.partial_writers(blueprint, endpoint, entity):
            yield _role_case("not_writable", endpoint, field, role)


def _role_case(kind: str, endpoint: Endpoint, field: EntityField, role: str | None) -> FieldCase:
    return FieldCase(
        kind=kind,
        subject=f"{endpoint.key} {field.name} as {role or 'nobody'}",
        requirements=trace(field),
        endpoint=endpoint,
        role=role,
        field=field,
    )


def caller(blueprint: Blueprint, endpoint: Endpoint) -> str | None:
    """The role that plays an endpoint's ordinary caller; None for nobody."""
    return facts.ordinary(blueprint, endpoint)


def _case(blueprint: Blueprint, kind: str, endpoint: Endpoint, entity: Entity) -> EndpointCase:
    return EndpointCase(
        kind=kind,
        subject=endpoint.key,
        requirements=trace(*exercised(blueprint, endpoint, entity)),
        endpoint=endpoint,
        role=caller(blueprint, endpoint),
    )
