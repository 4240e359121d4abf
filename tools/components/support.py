"""What the components cannot write yet, said before anything is written."""

import re
from collections.abc import Iterable, Iterator

from tools.blueprint.model import Endpoint, Entity, StateMachine, SumRule
from tools.components.added_fields import HIDDEN_SINCE, VERSION
from tools.components.base import ComponentError
from tools.components.grants import callers_of
from tools.components.names import is_free_parameter
from tools.components.operations import operations_of
from tools.components.payloads import takes_password, update_fields
from tools.components.plan import Plan
from tools.components.resource_rules import move_tables, row_rules


def check_supported(plan: Plan) -> None:
    """Raises ComponentError naming everything in the Blueprint that cannot be written."""
    try:
        _raise(_auth_problems(plan))
        _raise([*_entity_problems(plan), *_endpoint_problems(plan), *_rule_problems(plan)])
        operations_of(plan)
        for entity in plan.blueprint.entities:
            plan.owner_chain(entity)
            list(move_tables(entity, plan))
            list(row_rules(entity, plan))
    except KeyError as error:  # a name that the Blueprint does not define
        raise ComponentError(str(error.args[0])) from error


def _raise(problems: Iterable[str]) -> None:
    text = "; ".join(problems)
    if text:
        raise ComponentError(text)


def _entity_problems(plan: Plan) -> Iterator[str]:
    for entity in plan.blueprint.entities:
        yield from _added_column_problems(entity, plan)
        if any(embed.entity == entity.name for embed in entity.embeds):
            yield f"{entity.name} embeds itself"
        for field in entity.fields:
            if (field.readers or field.writers) and plan.blueprint.auth is None:
                yield f"{entity.name}.{field.name} has readers or writers, but there are no users"
            if field.writers and plan.parents(entity):
                yield f"{entity.name}.{field.name} has writers, but is written with its parent"
            if field.type == "enum" and field.enum is None:
                yield f"{entity.name}.{field.name} is an enum without `enum`"
    if plan.blueprint.form == "free":
        yield "the spec dictates the form, so the house layout does not apply"


def _added_column_problems(entity: Entity, plan: Plan) -> Iterator[str]:
    if entity.soft_delete and plan.parents(entity):
        yield f"{entity.name} is embedded, so it goes with its parent: no soft delete"
    if entity.soft_delete and all(f.name != HIDDEN_SINCE.name for f in entity.fields):
        yield f"{entity.name}: soft delete needs a column deleted_at, and its table is given"
    if entity.if_match != "ignored" and not _has_version(entity):
        yield f"{entity.name}: an ETag needs an integer column version, and its table is given"


def _has_version(entity: Entity) -> bool:
    return any(f.name == VERSION.name and f.type == "integer" for f in entity.fields)


def _endpoint_problems(plan: Plan) -> Iterator[str]:
    for endpoint in plan.blueprint.endpoints:
        if endpoint.idempotent and endpoint.operation not in {"create", "transition", "custom"}:
            yield f"{endpoint.key}: only what creates or moves takes an Idempotency-Key"
    for endpoint in plan.blueprint.endpoints:
        if not endpoint.access.public and not plan.has_auth:
            yield f"{endpoint.key} needs a login but the Blueprint has no `auth`"
            return
    for entity in plan.resources:
        for endpoint in plan.endpoints(entity):
            yield from _access_problems(endpoint, entity, plan)
            changes = update_fields(entity, endpoint, plan) or takes_password(endpoint, plan)
            if endpoint.operation == "update" and not changes:
                yield f"{endpoint.key} has no field that it may change"
            yield from _path_problems(endpoint)
            yield from _move_problems(endpoint, entity, plan)
            params = (*endpoint.filters, *(one.param for one in endpoint.comparisons))
            yield from _query_problems(params, endpoint.key, plan)
            yield from _leaks(endpoint, entity, plan)


def _access_problems(endpoint: Endpoint, entity: Entity, plan: Plan) -> Iterator[str]:
    try:
        callers = callers_of(endpoint.access, plan)
    except ComponentError as error:
        yield f"{endpoint.key}: {error}"
        return
    if callers.own and entity.owner is None:
        yield f"{endpoint.key} is limited to own objects but {entity.name} has no owner"


def _path_problems(endpoint: Endpoint) -> Iterator[str]:
    for name in re.findall(r"{(\w+)}", endpoint.path):
        if not is_free_parameter(name):
            yield f"{endpoint.key}: the path parameter {name!r} is a name that code needs"


def _move_problems(endpoint: Endpoint, entity: Entity, plan: Plan) -> Iterator[str]:
    if not endpoint.access.public or endpoint.operation not in {"transition", "update"}:
        return
    fields = {field.name for field in update_fields(entity, endpoint, plan)}
    for machine in plan.rules(StateMachine, entity):
        moves = endpoint.operation == "transition" or machine.field in fields
        if moves and any(transition.roles for transition in machine.transitions):
            yield f"{endpoint.key} is public, but only some roles may move {machine.field}"


def _query_problems(filters: tuple[str, ...], key: str, plan: Plan) -> Iterator[str]:
    pagination = plan.blueprint.conventions.pagination
    taken = {"q", "sort", pagination.size_param, pagination.position_param}
    for name in filters:
        if name in taken:
            yield f"{key}: the filter {name!r} has the name of a list parameter"


def _leaks(endpoint: Endpoint, entity: Entity, plan: Plan) -> Iterator[str]:
    """Whoever may sort or filter by a field can find its values out."""
    asked = {*endpoint.filters, *endpoint.search, *endpoint.sort}
    asked |= {one.field for one in endpoint.comparisons}
    asked |= {name for name, _ in endpoint.ordering}
    for field in entity.fields:
        if field.name in asked and field.readers:
            callers = callers_of(endpoint.access, plan)
            if callers.public or not {*callers.full, *callers.own} <= set(field.readers):
                yield f"{endpoint.key}: by {field.name} callers could find out what is not theirs"


def _auth_problems(plan: Plan) -> Iterator[str]:
    role = plan.auth.role_field if plan.has_auth else None
    if role is None:
        return
    if plan.user.field(role).type != "enum":
        yield f"the role field {role!r} must be an enum"
    elif plan.blueprint.endpoint("register") and default_role(plan) is None:
        yield "registration needs `default_role` or a default of the role field"


def _rule_problems(plan: Plan) -> Iterator[str]:
    for rule in plan.blueprint.rules:
        if isinstance(rule, StateMachine):
            entity = plan.blueprint.entity(rule.entity)
            if entity.field(rule.field).type != "enum":
                yield f"the state field {rule.entity}.{rule.field} must be an enum"
        if isinstance(rule, SumRule) and plan.endpoints(plan.blueprint.entity(rule.child)):
            stale = f"{rule.entity}.{rule.field} would go stale"
            yield f"{rule.child} has endpoints of its own, so {stale}"


def default_role(plan: Plan) -> str | None:
    """The role of whoever registers, as far as the Blueprint says it."""
    auth = plan.auth
    default = plan.user.field(auth.role_field or "").default
    return auth.default_role or (default if isinstance(default, str) else None)
