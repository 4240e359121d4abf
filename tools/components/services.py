"""What goes into a resource's `service.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.blueprint.model import Comparison, Endpoint, Entity, EntityField, StateMachine
from tools.components.columns import python_type
from tools.components.computed import computed_names
from tools.components.grants import callers_of, parent_restriction
from tools.components.hiding import visible
from tools.components.names import attribute, variable
from tools.components.operations import Operation
from tools.components.payloads import caller_fields, create_fields, takes_password, update_fields
from tools.components.plan import Plan
from tools.components.resource_rules import MoveTable, RowRule, move_tables, row_rules


@dataclass(frozen=True)
class Parameter:
    """A keyword argument of a service function, which is also a column."""

    name: str
    type: str


@dataclass(frozen=True)
class ListFunction:
    """Searches, filters and sorts rows: one page of them, or all."""

    name: str
    schema: str
    """Class of the query; "" when there is none."""
    parent: Parameter | None
    search: list[str]
    filters: list[str]
    comparisons: list[tuple[str, str]]
    """(attribute of the query, condition) of each further filter."""
    sort: dict[str, str]
    """Value of the `sort` parameter, without the minus sign -> attribute."""
    order: list[tuple[str, bool]]
    """(attribute, whether the largest comes first), when no caller says how to sort."""
    paged: bool


@dataclass(frozen=True)
class CreateFunction:
    """Makes a row, and the rows embedded in it."""

    name: str
    schema: str
    parameters: list[Parameter]
    """What the server adds: the parent's id, the caller's id, a password's hash."""
    left_out: list[str]
    """Keys of the body that are no columns: embedded children, a password."""
    checks_owner: bool
    """Whether the owner is only known through a foreign key in the body."""


@dataclass(frozen=True)
class UpdateFunction:
    """Changes what was sent."""

    name: str
    schema: str
    states: list[MoveTable]
    checks_owner: bool
    password: str
    """Key of the body that is no column; "" when no password can be changed."""
    hash: str
    """Attribute that a changed password is kept in."""
    rules: list[RowRule]
    """Those that a change may break."""


@dataclass(frozen=True)
class ChildRows:
    """Rows made inside their parent."""

    field: str
    model: str
    rules: list[RowRule]
    loading: str
    """The loader option that reads them with their parents."""
    computed: list[str]
    """Attributes that are read again when a row was made."""


@dataclass(frozen=True)
class ServiceModule:
    """A service: its functions, and what they have in common."""

    entity: Entity
    model: str
    row: str
    """Name of a variable that holds one row."""
    key: str
    key_type: str
    ownership: str | None
    """Condition that a row belongs to `owned_by`; None when nobody is limited to own rows."""
    owner_reference: str | None
    """The first field on the way to the owner."""
    nested: Parameter | None
    """Parent's id that narrows `get`, for /tickets/{ticket_id}/comments/{comment_id}."""
    children: list[ChildRows]
    rules: list[RowRule]
    lists: list[ListFunction]
    gets: bool
    creates: list[CreateFunction]
    updates: list[UpdateFunction]
    deletes: bool
    moves: list[MoveTable]
    locks: bool
    """Whether `get` can lock the row, so that a state is checked and changed as one."""
    visible: str | None
    """Condition that a row is not soft-deleted; None when rows are deleted for good."""
    computed: list[str]
    """Attributes that are read again when a row has changed."""


def service_module(
    home: Entity, operations: Sequence[Operation], plan: Plan
) -> ServiceModule | None:
    """The service of a resource, or None when it needs none."""
    below = endpoints_below(home, plan)
    if not operations and not below:
        return None
    by_kind = {kind: [o for o in operations if o.kind == kind] for kind in _KINDS}
    key = plan.key(home)
    chain = plan.owner_chain(home)
    tables = list(move_tables(home, plan))
    updates = [update_function(operation, plan) for operation in by_kind["update"]]
    moved = [t for t in tables if any(_moves(o.machine, t) for o in by_kind["transition"])]
    return ServiceModule(
        entity=home,
        model=plan.model(home),
        row=variable(home.name),
        key=attribute(key.name),
        key_type=python_type(key, plan),
        ownership=_ownership(home, plan) if is_restricted(home, plan) else None,
        owner_reference=chain[0].name if chain else None,
        nested=_nested_get(operations, plan),
        children=_children(home, plan),
        rules=list(row_rules(home, plan)),
        lists=[list_function(operation, plan) for operation in by_kind["list"]],
        gets=bool(below) or any(o.object_param for o in operations),
        creates=[create_function(operation, plan) for operation in by_kind["create"]],
        updates=updates,
        deletes=bool(by_kind["delete"]),
        moves=moved,
        locks=bool(moved) or any(update.states for update in updates) or has_versions(home),
        visible=visible(home, plan),
        computed=computed_names(home),
    )


def has_versions(entity: Entity) -> bool:
    """Whether the entity's rows are changed by version, and so locked while that is checked."""
    return entity.if_match != "ignored"


_KINDS = ("list", "create", "update", "delete", "transition")


def endpoints_below(entity: Entity, plan: Plan) -> list[Endpoint]:
    """Endpoints whose path leads through a row of this entity."""
    return [
        endpoint
        for endpoint in plan.blueprint.endpoints
        if endpoint.parent is not None and plan.parent_entity(endpoint) == entity
    ]


def is_restricted(entity: Entity, plan: Plan) -> bool:
    """Whether some caller of some endpoint may only touch their own rows of the entity."""
    if any(callers_of(e.access, plan).restricted for e in plan.endpoints(entity)):
        return True
    return any(parent_restriction(e, plan) for e in endpoints_below(entity, plan))


def _ownership(entity: Entity, plan: Plan) -> str:
    """`Order.customer_id == owned_by`, through subqueries when the owner is further away."""
    chain = plan.owner_chain(entity)
    condition = ""
    path = [entity]
    for field in chain[:-1]:
        path.append(plan.referenced(field))
    for owner, field in zip(reversed(path), reversed(chain), strict=True):
        column = f"{plan.model(owner)}.{attribute(field.name)}"
        if not condition:
            condition = f"{column} == owned_by"
        else:
            target = plan.referenced(field)
            key = f"{plan.model(target)}.{attribute(field.references.field)}"  # type: ignore[union-attr]
            condition = f"{column}.in_(select({key}).where({condition}))"
    return condition


def _by_age(entity: Entity) -> str:
    """The time of creation, else the key."""
    for field in entity.fields:
        if field.name == "created_at" and field.type == "timestamptz" and not field.nullable:
            return "created_at"
    return entity.primary_key[0]


def _parameter(field: EntityField, plan: Plan) -> Parameter:
    optional = " | None" if field.nullable else ""
    return Parameter(attribute(field.name), python_type(field, plan) + optional)


def _nested_get(operations: Sequence[Operation], plan: Plan) -> Parameter | None:
    for operation in operations:
        if operation.object_param is not None and operation.parent_field is not None:
            return _parameter(operation.parent_field, plan)
    return None


def _children(entity: Entity, plan: Plan) -> list[ChildRows]:
    children = []
    for embed in entity.embeds:
        child = plan.blueprint.entity(embed.entity)
        rules = list(row_rules(child, plan))
        name = attribute(embed.field)
        loading = f"selectinload({plan.model(entity)}.{name})"
        children.append(ChildRows(name, plan.model(child), rules, loading, computed_names(child)))
    return children


def list_function(operation: Operation, plan: Plan) -> ListFunction:
    """The service function of a list endpoint."""
    endpoint = operation.endpoint
    parent = operation.parent_field
    return ListFunction(
        name=operation.name,
        schema=operation.schema or "",
        parent=_parameter(parent, plan) if parent is not None else None,
        search=[attribute(name) for name in endpoint.search],
        filters=[attribute(name) for name in endpoint.filters],
        comparisons=[
            (attribute(one.param), _condition(one, plan.model(operation.entity)))
            for one in endpoint.comparisons
        ],
        sort={name: attribute(name) for name in endpoint.sort},
        order=[(attribute(name), largest_first) for name, largest_first in _ordering(operation)],
        paged=endpoint.paged,
    )


def _ordering(operation: Operation) -> tuple[tuple[str, bool], ...]:
    return operation.endpoint.ordering or ((_by_age(operation.entity), False),)


_SIGNS = {"min": ">=", "max": "<=", "after": ">", "before": "<"}


def _condition(comparison: Comparison, model: str) -> str:
    """`Tool.value >= query.min_value`."""
    column, value = f"{model}.{attribute(comparison.field)}", f"query.{attribute(comparison.param)}"
    if comparison.kind == "contains":
        return f"{column}.icontains({value}, autoescape=True)"
    if comparison.kind == "absent":
        return f"{column}.is_(None) if {value} else {column}.is_not(None)"
    return f"{column} {_SIGNS[comparison.kind]} {value}"


def create_function(operation: Operation, plan: Plan) -> CreateFunction:
    """The service function of a create endpoint."""
    entity = operation.entity
    parameters = [_parameter(field, plan) for field in caller_fields(entity, plan)]
    if operation.parent_field is not None:
        parameters.insert(0, _parameter(operation.parent_field, plan))
    left_out = [attribute(embed.field) for embed in entity.embeds]
    if plan.has_auth and entity == plan.user:
        parameters.append(Parameter(attribute(plan.auth.hash_field), "str"))
        left_out.append(attribute(plan.auth.password_field))
    fields = create_fields(entity, operation.endpoint, plan)
    return CreateFunction(
        name=operation.name,
        schema=operation.schema or "",
        parameters=parameters,
        left_out=left_out,
        checks_owner=_owner_in_body(operation, fields, plan),
    )


def update_function(operation: Operation, plan: Plan) -> UpdateFunction:
    """The service function of an update endpoint."""
    fields = update_fields(operation.entity, operation.endpoint, plan)
    names = {field.name for field in fields}
    secret = takes_password(operation.endpoint, plan)
    return UpdateFunction(
        name=operation.name,
        schema=operation.schema or "",
        states=[t for t in move_tables(operation.entity, plan) if t.field in names],
        checks_owner=_owner_in_body(operation, fields, plan),
        password=attribute(plan.auth.password_field) if secret else "",
        hash=attribute(plan.auth.hash_field) if secret else "",
        rules=[r for r in row_rules(operation.entity, plan) if names & set(r.watches)],
    )


def _owner_in_body(operation: Operation, fields: Sequence[EntityField], plan: Plan) -> bool:
    chain = plan.owner_chain(operation.entity)
    names = {field.name for field in fields}
    return operation.callers.restricted and len(chain) > 1 and chain[0].name in names


def _moves(machine: StateMachine | None, table: MoveTable) -> bool:
    return machine is not None and machine.field == table.field
