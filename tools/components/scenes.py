"""What a generated test needs before it can call an endpoint: a caller, a parent, an object."""

from dataclasses import dataclass, field

from tools.blueprint.model import Entity
from tools.components.columns import literal, member
from tools.components.names import attribute, variable
from tools.components.operations import Operation
from tools.components.plan import Plan
from tools.components.services import create_function

CONDITIONAL = frozenset({"update", "delete", "transition"})
"""Operations that may have to say which version they change."""


@dataclass
class Scene:
    """Lines that prepare, and the arguments of the call that follows."""

    lines: list[str] = field(default_factory=list)
    url: str = ""
    """A Python string expression."""
    headers: str = ""
    """`, headers=caller.headers`, or nothing for a public endpoint."""
    row: str | None = None
    """Variable that holds the object; None when the endpoint works on none."""
    body: str | None = None
    """Expression that makes a valid body; only for endpoints that create."""


def login_line(name: str, role: str | None, plan: Plan) -> str:
    """`caller = await log_in(UserRole.STAFF)`."""
    argument = role_member(role, plan) if role is not None and plan.role_enum else ""
    return f"{name} = await log_in({argument})"


def role_member(role: str, plan: Plan) -> str:
    """`UserRole.STAFF`."""
    enum = plan.role_enum
    if enum is None:
        raise AssertionError("no roles")
    return f"{plan.enum_classes[enum.name]}.{member(enum.values, role)}"


def caller_role(operation: Operation) -> str | None:
    """A role that may do it, one that sees everything if there is one; None: no token needed."""
    callers = operation.callers
    return next(iter((*callers.full, *callers.own)), None)


def is_conditional(operation: Operation) -> bool:
    """Whether a call must say which version it changes."""
    return operation.entity.if_match == "required" and operation.kind in CONDITIONAL


def make_scene(
    operation: Operation,
    plan: Plan,
    *,
    role: str | None,
    stranger: bool = False,
    state: str | None = None,
    instead: str | None = None,
    with_row: bool = False,
) -> Scene:
    """A scene in which a caller of this role calls the endpoint.

    Args:
        operation: what is called.
        plan: the backend.
        role: of the caller; None for a public endpoint.
        stranger: whether the objects belong to another user of the same role.
        state: state of the object, for a transition.
        with_row: whether to make an object although the endpoint works on none.
        instead: text for the URL in place of the object's id; no object is made then.
    """
    scene = Scene()
    owner = None
    conditional = is_conditional(operation)
    if conditional:
        scene.headers = ', headers={"If-Match": "*"}'
    if role is not None:
        scene.lines.append(login_line("caller", role, plan))
        scene.headers = ", headers=caller.headers" + (' | {"If-Match": "*"}' if conditional else "")
        owner = "caller.id"
    if stranger:
        scene.lines.append(login_line("stranger", role, plan))
        owner = "stranger.id"
    given: dict[str, str] = {}
    parent = _add_parent(operation, plan, owner, given, scene)
    if plan.has_auth and operation.entity == plan.user and role in operation.callers.full:
        owner = None  # not the caller's own row: rules may forbid to change or delete oneself
    if with_row and role in operation.callers.full and _has_one_each(operation, plan):
        owner = None  # the rows are then of as many users, whom the factory makes
    if (operation.object_param is not None and instead is None) or with_row:
        if state is not None and operation.machine is not None:
            item = operation.entity.field(operation.machine.field)
            given[item.name] = literal(state, item, plan)
        scene.row = _add_row(operation.entity, plan, owner, given, scene)
    if operation.kind == "create":
        scene.body = _body(operation, plan, owner, scene)
    scene.url = _url(operation, plan, parent, instead or _key_of(scene.row, operation, plan))
    return scene


def _has_one_each(operation: Operation, plan: Plan) -> bool:
    """Whether a user can have but one row under the parent."""
    entity, parent = operation.entity, operation.parent_field
    chain = plan.owner_chain(entity)
    if len(chain) != 1 or parent is None:
        return False
    return any(set(group) == {chain[0].name, parent.name} for group in entity.unique_together)


def _add_parent(
    operation: Operation, plan: Plan, owner: str | None, given: dict[str, str], scene: Scene
) -> str | None:
    if operation.parent_field is None:
        return None
    entity = plan.referenced(operation.parent_field)
    parent = _add_row(entity, plan, owner, {}, scene)
    key = attribute(plan.key(entity).name)
    given[operation.parent_field.name] = f"{parent}.{key}"
    return f"{parent}.{key}"


def _add_row(
    entity: Entity, plan: Plan, owner: str | None, given: dict[str, str], scene: Scene
) -> str:
    chain = plan.owner_chain(entity) if owner is not None else ()
    if chain and chain[0].name in entity.primary_key:
        return f"{(owner or '').removesuffix('.id')}.user"
    if len(chain) == 1:
        given[chain[0].name] = owner or ""
    elif chain and chain[0].name not in given:
        above = plan.referenced(chain[0])
        row = _add_row(above, plan, owner, {}, scene)
        given[chain[0].name] = f"{row}.{attribute(plan.key(above).name)}"
    arguments = "".join(f", {attribute(name)}={value}" for name, value in given.items())
    name = variable(entity.name)
    scene.lines.append(f"{name} = await make_{entity.name}(session{arguments})")
    return name


def _body(operation: Operation, plan: Plan, owner: str | None, scene: Scene) -> str:
    given = ""
    chain = plan.owner_chain(operation.entity)
    if create_function(operation, plan).checks_owner and owner is not None:
        above = plan.referenced(chain[0])
        row = _add_row(above, plan, owner, {}, scene)
        given = f", {chain[0].name}=jsonable_encoder({row}.{attribute(plan.key(above).name)})"
    return f"await {operation.name}_body(session{given})"


def _key_of(row: str | None, operation: Operation, plan: Plan) -> str:
    return f"{{{row}.{attribute(plan.key(operation.entity).name)}}}"


def _url(operation: Operation, plan: Plan, parent: str | None, key: str) -> str:
    path = plan.blueprint.conventions.base_path + operation.endpoint.path
    replaced = path
    if operation.object_param is not None:
        replaced = replaced.replace("{" + operation.object_param + "}", key)
    if operation.parent_param is not None:
        replaced = replaced.replace("{" + operation.parent_param + "}", f"{{{parent}}}")
    return f'f"{replaced}"' if "{" in replaced else f'"{replaced}"'
