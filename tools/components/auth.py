"""Writes authentication and authorization: passwords, tokens, login, who may call what."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import Blueprint, Endpoint, EntityField
from tools.components.base import ComponentError, GeneratedFile
from tools.components.columns import literal, number, python_type
from tools.components.computed import computed_names
from tools.components.grants import (
    Callers,
    all_roles,
    allow_expression,
    callers_of,
    parent_restriction,
)
from tools.components.limits import limit_argument, limits_of
from tools.components.names import attribute, quote
from tools.components.origins import origins_of
from tools.components.payloads import create_fields
from tools.components.plan import Plan, make_plan
from tools.components.render import render_python
from tools.components.samples import valid
from tools.components.schema_fields import create_line, input_type, renamed_line
from tools.components.support import check_supported, default_role
from tools.components.views import uses_writers, view_of, views, views_of

AUTH_OPERATIONS = ("register", "login", "refresh", "logout", "me")


class AuthIntegration:
    """Nothing at all when the backend has no users."""

    name = "auth"

    def emit(self, blueprint: Blueprint) -> Iterator[GeneratedFile]:
        """The files of `app/auth/`, and `app/access.py`."""
        plan = make_plan(blueprint)
        check_supported(plan)
        if not plan.has_auth:
            return
        context = _context(plan)
        origins = origins_of(plan)
        folder = plan.folder(plan.user)
        for view in views(plan.user, plan):
            origins[view.schema] = f"from app.{folder}.schemas import {view.schema}"
        show = f"show_{plan.user.name}"
        origins[show] = f"from app.{folder}.views import {show}"
        origins["service"] = "from app.auth import service"
        yield GeneratedFile(
            "app/auth/__init__.py", '"""Who is calling: passwords, tokens, login."""\n'
        )
        yield render_python("auth/access.py", "app/access.py", origins, **context)
        modules = ("passwords", "schemas", "tokens", "service", "routes", "first_admin")
        for name in (*(("models",) if plan.has_refresh else ()), *modules):
            yield render_python(f"auth/{name}.py", f"app/auth/{name}.py", origins, **context)


@dataclass(frozen=True)
class UserShape:
    """The user entity as the auth code addresses it: class and attribute names."""

    model: str
    key: str
    key_type: str
    key_column: str
    login: str
    hash: str
    role: str | None
    role_enum: str | None
    password: str
    """Of the bodies that carry one."""
    default_role: str | None
    admin_role: str | None
    active: str | None
    """Attribute that says whether the user may log in."""
    computed: list[str]
    """Attributes that are read again when a user was made."""


def _context(plan: Plan) -> dict[str, object]:
    endpoints = {
        name: endpoint
        for name in AUTH_OPERATIONS
        if (endpoint := plan.blueprint.endpoint(name)) is not None
    }
    return {
        "plan": plan,
        "auth": plan.auth,
        "conventions": plan.blueprint.conventions,
        "user": user_shape(plan),
        "endpoints": endpoints,
        "callers": {name: callers_of(e.access, plan) for name, e in endpoints.items()},
        "registration": _registration(endpoints.get("register"), plan),
        "login": _login(plan),
        "dependencies": _dependencies(plan),
        "login_path": endpoints["login"].path if "login" in endpoints else None,
        "lowercase_login": plan.user.field(plan.auth.login_field).format == "email",
        "admin_fields": _admin_fields(plan),
        "uses_id_if": _uses_id_if(plan),
        "uses_writers": uses_writers(plan),
        "limits_login": limits_of(plan).limits_login,
        "limit": limit_argument,
        "newcomer": view_of(plan.user, default_role(plan) if plan.role_enum else None, plan).schema,
        "shown": views_of(plan.user, endpoints["me"], plan) if "me" in endpoints else (),
    }


def user_shape(plan: Plan) -> UserShape:
    """The names of the user entity's parts."""
    auth, user = plan.auth, plan.user
    key = plan.key(user)
    role = user.field(auth.role_field) if auth.role_field is not None else None
    default = default_role(plan) if role is not None else None
    return UserShape(
        model=plan.model(user),
        key=attribute(key.name),
        key_type=python_type(key, plan),
        key_column=f"{user.table}.{key.name}",
        login=attribute(auth.login_field),
        hash=attribute(auth.hash_field),
        password=attribute(auth.password_field),
        role=attribute(role.name) if role is not None else None,
        role_enum=python_type(role, plan) if role is not None else None,
        default_role=literal(default, role, plan) if role is not None and default else None,
        admin_role=literal(_admin_role(plan), role, plan) if role is not None else None,
        active=attribute(auth.active_field) if auth.active_field else None,
        computed=computed_names(user),
    )


def _admin_role(plan: Plan) -> str:
    """Who is created from the environment at the first start."""
    enum = plan.role_enum
    if enum is None:
        raise ComponentError("the backend has no roles")
    names = tuple(role.name for role in plan.blueprint.roles) or enum.values
    if plan.auth.first_admin_role or "admin" in names:
        return plan.auth.first_admin_role or "admin"
    return max(names, key=lambda name: _reach(name, plan))


def _reach(role: str, plan: Plan) -> int:
    """How many endpoints the role may call on every object."""
    return sum(
        grant.role == role and not grant.own
        for endpoint in plan.blueprint.endpoints
        for grant in endpoint.access.grants
    )


def _registration(endpoint: Endpoint | None, plan: Plan) -> list[str]:
    """The lines of the registration body."""
    auth, user = plan.auth, plan.user
    restricted = endpoint.model_copy(update={"parent": None}) if endpoint is not None else None
    fields = create_fields(user, restricted, plan)
    chosen = [f for f in fields if f.name not in (auth.role_field, auth.active_field)]
    if all(field.name != auth.login_field for field in chosen):
        chosen.insert(0, user.field(auth.login_field))
    lines = [create_line(field, input_type(field, plan), plan) for field in chosen]
    return [*lines, renamed_line(auth.password_field, "Password")]


def _uses_id_if(plan: Plan) -> bool:
    """Whether some nested path limits other roles below its parent than on the object itself."""
    for endpoint in plan.blueprint.endpoints:
        if endpoint.parent is not None and endpoint.entity is not None:
            limited = set(parent_restriction(endpoint, plan))
            own = set(callers_of(endpoint.access, plan).own)
            if limited and limited not in (own, set(all_roles(plan))):
                return True
    return False


def _admin_fields(plan: Plan) -> dict[str, str]:
    """Attribute -> expression for what else the first user must have."""
    auth, fields = plan.auth, {}
    known = {auth.login_field, auth.hash_field, auth.role_field, auth.active_field}
    for field in plan.user.columns:
        given = field.nullable or field.default is not None or field.generated is not None
        if field.name not in known and not given:
            fields[attribute(field.name)] = _placeholder(field, plan)
    return fields


def _placeholder(field: EntityField, plan: Plan) -> str:
    if field.type in {"string", "text"} and field.pattern is not None:
        return valid(field.model_copy(update={"unique": False}), plan).row
    if field.type in {"string", "text"} and field.format is None:
        return quote("Administrator"[: field.max_length])
    if field.type in {"integer", "bigint", "decimal", "float"}:
        return number(field.minimum or 0)
    if field.type == "enum":
        return literal(plan.blueprint.enum(field.enum or "").values[0], field, plan)
    if field.type == "boolean":
        return "False"
    raise ComponentError(
        f"{plan.user.name}.{field.name} is required, so the first user cannot be made from "
        "the environment; give it a default or let it be null"
    )


def _login(plan: Plan) -> list[str]:
    """The lines of a login body: anything may be tried, and is right or wrong."""
    auth = plan.auth
    is_email = plan.user.field(auth.login_field).format == "email"
    login = "Annotated[str, StringConstraints(to_lower=True)]" if is_email else "str"
    untrimmed = "Annotated[str, StringConstraints(strip_whitespace=False)]"
    return [renamed_line(auth.login_field, login), renamed_line(auth.password_field, untrimmed)]


@dataclass(frozen=True)
class Dependency:
    """A named dependency of `app/access.py`."""

    name: str
    expression: str


def _dependencies(plan: Plan) -> list[Dependency]:
    """Every set of callers that some endpoint has, each once, by name."""
    found: dict[str, Callers] = {}
    for endpoint in plan.blueprint.endpoints:
        callers = callers_of(endpoint.access, plan)
        if not callers.public:
            found[callers.name] = callers
    return [Dependency(name, allow_expression(found[name], plan)) for name in sorted(found)]
