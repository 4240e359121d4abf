"""Who may call what: every endpoint against every role, and against nobody."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Endpoint, Entity
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.trace import accessed, trace

UNTRIED = frozenset(
    {"transition", "logout", "me", "custom", "bulk_create", "bulk_update", "bulk_delete"}
)
"""Operations whose success is told by the rules, the auth and bulk cases, or the scenarios."""


def access_cases(blueprint: Blueprint) -> Iterator[EndpointCase]:
    """`anonymous`, `forbidden`, `allowed`, `foreign` and `own_only`."""
    if blueprint.auth is None:
        return
    for endpoint in blueprint.endpoints:
        if endpoint.operation in ("register", "login", "refresh"):
            continue
        if endpoint.access.public:
            continue
        yield _case(blueprint, "anonymous", endpoint, None)
        for role in facts.roles(blueprint):
            yield from _role_cases(blueprint, endpoint, role)


def _role_cases(blueprint: Blueprint, endpoint: Endpoint, role: str) -> Iterator[EndpointCase]:
    reach = facts.reach(endpoint, role)
    if reach == "none":
        yield _case(blueprint, "forbidden", endpoint, role)
        return
    if endpoint.entity is None or endpoint.operation in UNTRIED:
        return
    yield _case(blueprint, "allowed", endpoint, role)
    entity = blueprint.entity(endpoint.entity)
    if reach == "own" and entity.owner and endpoint.operation == "list" and not endpoint.parent:
        yield _case(blueprint, "own_only", endpoint, role)
    if reach == "own" and entity.owner and endpoint.operation in facts.ON_OBJECT:
        yield _case(blueprint, "foreign", endpoint, role)
    if _hides_parent(blueprint, endpoint, entity, role):
        yield _case(blueprint, "foreign_parent", endpoint, role)


def _hides_parent(blueprint: Blueprint, endpoint: Endpoint, entity: Entity, role: str) -> bool:
    """Whether somebody else's parent is out of that role's sight."""
    if endpoint.parent is None or endpoint.operation not in ("list", "create"):
        return False
    key = entity.field(endpoint.parent).references
    if key is None:
        return False
    parent = blueprint.entity(key.entity)
    shown = blueprint.endpoint("get", parent.name)
    return bool(parent.owner) and shown is not None and facts.reach(shown, role) == "own"


def _case(blueprint: Blueprint, kind: str, endpoint: Endpoint, role: str | None) -> EndpointCase:
    return EndpointCase(
        kind=kind,
        subject=f"{endpoint.key} as {role}" if role else endpoint.key,
        requirements=trace(*accessed(blueprint, endpoint, role)),
        endpoint=endpoint,
        role=role,
    )
