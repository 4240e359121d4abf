"""Which fields a request may set."""

from tools.blueprint.model import CopyRule, Endpoint, Entity, EntityField, StateMachine, SumRule
from tools.components.plan import Plan
from tools.components.views import may_write


def create_fields(entity: Entity, endpoint: Endpoint | None, plan: Plan) -> tuple[EntityField, ...]:
    """What POST may set. `endpoint` None: every writable field (an embedded child)."""
    hidden = set(set_by_server(entity, plan))
    if endpoint is not None and endpoint.parent is not None:
        hidden.add(endpoint.parent)
    hidden |= {machine.field for machine in plan.rules(StateMachine, entity)}
    return tuple(
        field
        for field in entity.fields
        if field.writable != "never"
        and field.name not in hidden
        and _asked_for(field, endpoint, plan)
    )


def update_fields(entity: Entity, endpoint: Endpoint, plan: Plan) -> tuple[EntityField, ...]:
    """What PATCH may change."""
    hidden = {*set_by_server(entity, plan), endpoint.parent}
    return tuple(
        field
        for field in entity.fields
        if field.writable == "always"
        and field.name not in hidden
        and _asked_for(field, endpoint, plan)
    )


def takes_password(endpoint: Endpoint, plan: Plan) -> bool:
    """Whether a body carries a user's password: to create one always, to change one if told so."""
    if not plan.has_auth or endpoint.entity != plan.auth.user_entity:
        return False
    told = plan.auth.password_field in (endpoint.fields or ())
    return endpoint.operation == "create" or (endpoint.operation == "update" and told)


def password_field(plan: Plan) -> EntityField:
    """The key of a body that carries a password, which is no field of the entity."""
    return EntityField(name=plan.auth.password_field, type="string")


def caller_fields(entity: Entity, plan: Plan) -> tuple[EntityField, ...]:
    """Fields that hold the id of whoever creates the row: the owner, an author."""
    owner = plan.direct_owner(entity)
    return tuple(
        field
        for field in entity.fields
        if field.generated == "caller"
        or (owner is not None and field == owner and field.name not in entity.primary_key)
    )


def set_by_server(entity: Entity, plan: Plan) -> set[str]:
    """Names of fields that no client sets, whatever `writable` says."""
    names = {field.name for field in caller_fields(entity, plan)}
    names |= {rule.field for rule in plan.rules(CopyRule, entity)}
    names |= {rule.field for rule in plan.rules(SumRule, entity)}
    names |= {embed.via for parent, embed in plan.parents(entity) if not plan.endpoints(entity)}
    return names | set(entity.primary_key if plan.key_is_generated(entity) else ())


def _asked_for(field: EntityField, endpoint: Endpoint | None, plan: Plan) -> bool:
    if endpoint is None:
        return True
    listed = endpoint.fields is None or field.name in endpoint.fields
    return listed and may_write(field, endpoint, plan)
