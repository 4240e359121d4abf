"""Fields that only some roles see or set, as schemas and checks."""

from collections.abc import Iterable
from dataclasses import dataclass

from tools.blueprint.model import Endpoint, Entity, EntityField
from tools.components.base import ComponentError
from tools.components.grants import all_roles, callers_of, role_set
from tools.components.names import attribute, camel, quote
from tools.components.plan import Plan


@dataclass(frozen=True)
class View:
    """An entity as some roles see it."""

    schema: str
    page: str
    roles: tuple[str, ...]
    """Whose view it is; () is that of everybody else."""


def views(entity: Entity, plan: Plan) -> tuple[View, ...]:
    """The views of an entity, that of everybody else last; one when all see the same."""
    model = plan.model(entity)
    groups: dict[frozenset[str], list[str]] = {}
    for role in all_roles(plan) if plan.has_auth else ():
        if seen := _restricted(entity, role, plan):
            groups.setdefault(seen, []).append(role)
    special = []
    for roles in groups.values():
        suffix = f"For{'Or'.join(map(camel, roles))}"
        special.append(View(f"{model}{suffix}", f"{model}Page{suffix}", tuple(roles)))
    return (*special, View(f"{model}Public", f"{model}Page", ()))


def view_of(entity: Entity, role: str | None, plan: Plan) -> View:
    """The view of one role; None: of a caller without a login."""
    found = views(entity, plan)
    return next((view for view in found if role in view.roles), found[-1])


def views_of(entity: Entity, endpoint: Endpoint, plan: Plan) -> tuple[View, ...]:
    """The views that an endpoint's answers may have, in the order of `views`."""
    callers = callers_of(endpoint.access, plan)
    roles: Iterable[str | None] = (None,) if callers.public else (*callers.full, *callers.own)
    wanted = {view_of(entity, role, plan) for role in roles}
    return tuple(view for view in views(entity, plan) if view in wanted)


def endpoints_showing(entity: Entity, plan: Plan) -> list[Endpoint]:
    """The endpoints whose answers show rows of the entity."""
    shown = [e for e in plan.endpoints(entity) if e.operation != "delete"]
    me = plan.blueprint.endpoint("me") if plan.has_auth and entity == plan.user else None
    return [*shown, me] if me is not None else shown


def shown_to(entity: Entity, role: str | None) -> tuple[EntityField, ...]:
    """The fields in the answers to one role; None: to a caller without a login."""
    return tuple(f for f in entity.fields if f.readable and (not f.readers or role in f.readers))


def _restricted(entity: Entity, role: str, plan: Plan) -> frozenset[str]:
    """What the role sees beyond what everybody does, of embedded rows too."""
    seen = {f.name for f in shown_to(entity, role) if f.readers}
    for embed in entity.embeds:
        child = plan.blueprint.entity(embed.entity)
        seen |= {f"{embed.field}.{name}" for name in _restricted(child, role, plan)}
    return frozenset(seen)


def may_write(field: EntityField, endpoint: Endpoint, plan: Plan) -> bool:
    """Whether some caller of the endpoint may set the field."""
    if not field.writers:
        return True
    callers = callers_of(endpoint.access, plan)
    return bool({*callers.full, *callers.own} & set(field.writers))


def writer_checks(
    fields: Iterable[EntityField], endpoint: Endpoint, plan: Plan
) -> list[tuple[str, str]]:
    """(key as a string, set of roles) of each field that some callers may set and others not.

    Raises:
        ComponentError: a caller who may not set the field could not create a row at all.
    """
    callers = callers_of(endpoint.access, plan)
    checks = []
    for field in fields:
        if field.writers and not {*callers.full, *callers.own} <= set(field.writers):
            if endpoint.operation == "create" and not field.nullable and field.default is None:
                raise ComponentError(
                    f"{endpoint.key}: not every caller may set {field.name}, so it needs a default"
                )
            roles = tuple(role for role in all_roles(plan) if role in field.writers)
            checks.append((quote(attribute(field.name)), role_set(roles, plan)))
    return checks


def uses_writers(plan: Plan) -> bool:
    """Whether some endpoint has callers who may set a field and callers who may not."""
    return any(
        field.writers and not _all_callers(endpoint, plan) <= set(field.writers)
        for entity in plan.resources
        for endpoint in plan.endpoints(entity)
        for field in entity.fields
        if endpoint.operation in {"create", "update"} and may_write(field, endpoint, plan)
    )


def _all_callers(endpoint: Endpoint, plan: Plan) -> set[str]:
    callers = callers_of(endpoint.access, plan)
    return {*callers.full, *callers.own}
