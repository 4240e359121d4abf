"""Who may call an endpoint: its grants as a dependency with a name that reads as a sentence."""

from dataclasses import dataclass

from tools.blueprint.model import Access, Endpoint
from tools.components.base import ComponentError
from tools.components.columns import member
from tools.components.names import camel
from tools.components.plan import Plan
from tools.components.vocabulary import VOCABULARY


@dataclass(frozen=True)
class Callers:
    """The roles that may call; `full` see everything, `own` only what is theirs."""

    public: bool
    full: tuple[str, ...]
    own: tuple[str, ...]
    name: str
    """The dependency: `OwningCustomerOrStaff`."""

    @property
    def restricted(self) -> bool:
        """Whether some callers may only touch their own objects."""
        return bool(self.own)


def callers_of(access: Access, plan: Plan) -> Callers:
    """The callers of an endpoint.

    Raises:
        ComponentError: nobody may call it, or a role does not exist.
    """
    if access.public:
        return Callers(True, (), (), "Anyone")
    if not access.grants:
        raise ComponentError("neither public nor granted to anybody")
    roles = all_roles(plan)
    full = {r for g in access.grants if not g.own for r in _expand(g.role, roles)}
    own = {r for g in access.grants if g.own for r in _expand(g.role, roles)} - full
    ordered_full = tuple(r for r in roles if r in full)
    ordered_own = tuple(r for r in roles if r in own)
    return Callers(False, ordered_full, ordered_own, _name(ordered_full, ordered_own, plan))


def _name(full: tuple[str, ...], own: tuple[str, ...], plan: Plan) -> str:
    if set(full) == set(all_roles(plan)):
        return "AnyUser"
    if set(own) == set(all_roles(plan)):
        return "AnyOwner"
    name = "Or".join([*(f"Owning{camel(role)}" for role in own), *map(camel, full)])
    taken = {*VOCABULARY, *plan.entity_classes.values(), *plan.enum_classes.values()}
    return f"{name}Role" if name in taken else name


def all_roles(plan: Plan) -> tuple[str, ...]:
    """Every role a user may have; without roles there is one nameless kind of user."""
    return plan.role_enum.values if plan.role_enum is not None else ("user",)


def role_set(roles: tuple[str, ...], plan: Plan) -> str:
    """The roles as a Python set expression."""
    enum = plan.role_enum
    if enum is None:
        raise ComponentError("the backend has no roles")
    name = plan.enum_classes[enum.name]
    if set(roles) == set(enum.values):
        return f"frozenset({name})"
    return "{" + ", ".join(f"{name}.{member(enum.values, role)}" for role in roles) + "}"


def allow_expression(callers: Callers, plan: Plan) -> str:
    """The dependency that lets exactly these callers through."""
    if plan.role_enum is None:
        return f"Allow(own_only={callers.restricted})"
    arguments = []
    if callers.full:
        arguments.append(f"everything={role_set(callers.full, plan)}")
    if callers.own:
        arguments.append(f"own={role_set(callers.own, plan)}")
    return f"Allow({', '.join(arguments)})"


def parent_restriction(endpoint: Endpoint, plan: Plan) -> tuple[str, ...]:
    """Roles that may use a nested endpoint only below a parent of their own.

    Those whom the parent's own `get` (else `list`) restricts, and those whose grant here is
    `own` when the child belongs to whoever owns the parent.
    """
    entity = plan.blueprint.entity(endpoint.entity or "")
    callers = callers_of(endpoint.access, plan)
    chain = plan.owner_chain(entity)
    through_parent = len(chain) > 1 and chain[0].name == endpoint.parent
    restricted = set(callers.own) if through_parent else set()
    reference = entity.field(endpoint.parent or "").references
    parent = reference.entity if reference is not None else ""
    reader = plan.blueprint.endpoint("get", parent) or plan.blueprint.endpoint("list", parent)
    if reader is not None and not reader.access.public:
        own = set(callers_of(reader.access, plan).own)
        restricted |= own & {*callers.own, *callers.full}
    return tuple(role for role in all_roles(plan) if role in restricted)


def _expand(role: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    if role == "*":
        return roles
    if role not in roles:
        raise ComponentError(f"role {role!r} is not one of {', '.join(roles)}")
    return (role,)
