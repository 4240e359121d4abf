"""Users and tokens: whether a spec has them, and the parts that every login needs."""

import re
from collections.abc import Iterable, Mapping

from agent.intake.access import is_protected
from agent.intake.draft import Draft
from agent.intake.endpoints import EndpointRow
from tools.blueprint.model import (
    Access,
    Auth,
    Endpoint,
    Entity,
    EntityField,
    Grant,
    Operation,
    Role,
)
from tools.blueprint.words import plural

_ORDINARY_ROLES = frozenset({"user", "customer", "member", "client", "reader", "guest"})
_AUTH_WORDS = ("/register", "/login", "/refresh", "/logout", "/me", "/token", "/signup")
_ENDPOINTS: tuple[tuple[Operation, str, str, int], ...] = (
    ("register", "POST", "/auth/register", 201),
    ("login", "POST", "/auth/login", 200),
    ("refresh", "POST", "/auth/refresh", 200),
    ("logout", "POST", "/auth/logout", 204),
    ("me", "GET", "/auth/me", 200),
)


def decide_auth(
    draft: Draft, stated: Mapping[str, object], rows: Iterable[EndpointRow], *, wanted: bool
) -> None:
    """Set `draft.auth` when the spec has users: roles, a user entity, or protected endpoints.

    Args:
        draft: gets it.
        stated: options of `Auth` that the spec gives.
        rows: the endpoints, for what they say about access.
        wanted: the front matter asks for users.
    """
    rows = list(rows)
    name = _user_entity(draft, stated)
    _take_roles(draft, name, str(stated.get("role_field") or "role"))
    protected = any(is_protected(row.access or "") for row in rows)
    logs_in = any(row.path.lower().rstrip("/").endswith(_AUTH_WORDS) for row in rows)
    role = "role" if draft.roles else None
    auth = Auth.model_validate({"role_field": role, **stated, "user_entity": name})
    described = auth.user_entity in draft.entities
    if wanted or stated or draft.roles or protected or logs_in or described:
        draft.auth = auth


def _user_entity(draft: Draft, stated: Mapping[str, object]) -> str:
    """The stated one, `user`, or else the only entity with a login and a password."""
    name = str(stated.get("user_entity") or "user")
    usual = Auth.model_validate(stated)
    needed = {usual.login_field, usual.password_field}
    fitting = [
        one.name for one in draft.entities.values() if needed <= {f.name for f in one.fields}
    ]
    if name in draft.entities or "user_entity" in stated or len(fitting) != 1:
        return name
    draft.assume(f"Users are rows of `{fitting[0]}`: it has {' and '.join(sorted(needed))}.")
    return fitting[0]


def _take_roles(draft: Draft, user: str, role_field: str) -> None:
    """The roles are the values of the user's role where the spec lists them nowhere else."""
    entity = draft.entities.get(user)
    for one in entity.fields if entity and not draft.roles else ():
        enum = draft.enums.get(one.enum or "") if one.name == role_field else None
        if enum and all(re.fullmatch(r"[a-z][a-z0-9_]*", value) for value in enum.values):
            draft.roles = {value: Role(name=value, line=enum.line) for value in enum.values}


def complete_users(draft: Draft, default_role: str | None) -> None:
    """Add what the user entity lacks: login, password hash, role; choose the default role."""
    auth = draft.auth
    if auth is None:
        return
    if auth.user_entity not in draft.entities:
        name = auth.user_entity
        draft.entities[name] = Entity(name=name, table=plural(name), fields=())
        draft.assume(f"The spec describes no `{name}` entity; logins need one, so it is added.")
    auth = draft.auth = _take_password(draft, auth)
    entity = draft.entities[auth.user_entity]
    present = {field.name for field in entity.fields}
    for field in _needed_fields(draft, auth):
        if field.name in present:
            continue
        if entity.name in draft.given:
            draft.error(
                entity.line or 1,
                f"the given table `{entity.table}` has no column `{field.name}`",
                f"Logins need it: ask the Database Agent for `{field.name}`, or name another "
                "field under `auth` in the front matter.",
            )
        draft.put_field(entity.name, field)
    _make_login_unique(draft, auth)
    _choose_default_role(draft, default_role)


def complete_endpoints(draft: Draft) -> None:
    """Add the auth endpoints when the spec has users and lists none of them."""
    auth = draft.auth
    if auth is None or any(e.operation in {"register", "login"} for e in draft.endpoints.values()):
        return
    if not draft.endpoints:
        return
    public, user = Access(public=True), Access(grants=(Grant(role="*"),))
    for operation, method, path, status in _ENDPOINTS:
        access = public if operation in {"register", "login", "refresh"} else user
        endpoint = Endpoint(
            operation=operation,
            method=method,
            path=path,
            access=access,
            status=status,
        )
        draft.endpoints.setdefault(endpoint.key, endpoint)
    draft.assume(
        "The spec has users but lists no login: POST /auth/register, /auth/login, /auth/refresh, "
        "/auth/logout and GET /auth/me are added."
    )


def _take_password(draft: Draft, auth: Auth) -> Auth:
    """A `password` row is what the client sends; the table keeps its hash."""
    entity = draft.entities[auth.user_entity]
    sent = [field for field in entity.fields if field.name == auth.password_field]
    kept = tuple(field for field in entity.fields if field.name != auth.password_field)
    draft.entities[entity.name] = entity.model_copy(update={"fields": kept})
    limits = {
        "password_min_length": sent[0].min_length if sent else None,
        "password_max_length": sent[0].max_length if sent else None,
    }
    return auth.model_copy(update={name: limit for name, limit in limits.items() if limit})


def _needed_fields(draft: Draft, auth: Auth) -> list[EntityField]:
    fields = [
        EntityField(
            name=auth.login_field,
            type="string",
            max_length=254,
            unique=True,
            format="email" if auth.login_field == "email" else None,
        ),
        EntityField(
            name=auth.hash_field, type="string", max_length=255, readable=False, writable="never"
        ),
    ]
    present = {field.name for field in draft.entities[auth.user_entity].fields}
    if auth.role_field and auth.role_field not in present:
        enum = draft.name_enum(auth.user_entity, auth.role_field, tuple(draft.roles), 1)
        fields.append(EntityField(name=auth.role_field, type="enum", enum=enum))
    return fields


def _make_login_unique(draft: Draft, auth: Auth) -> None:
    login = draft.entities[auth.user_entity].field(auth.login_field)
    secret = draft.entities[auth.user_entity].field(auth.hash_field)
    draft.put_field(auth.user_entity, login.model_copy(update={"unique": True, "nullable": False}))
    hidden = {"readable": False, "writable": "never"}
    draft.put_field(auth.user_entity, secret.model_copy(update=hidden))


def _choose_default_role(draft: Draft, marked: str | None) -> None:
    auth = draft.auth
    assert auth is not None  # the caller's condition
    if auth.role_field is None or not draft.roles:
        return
    field = draft.entities[auth.user_entity].field(auth.role_field)
    stated = field.default if isinstance(field.default, str) else None
    stated = stated if stated in draft.roles else None
    role = auth.default_role or marked or stated or _only_ordinary_role(draft)
    if role:
        draft.auth = auth.model_copy(update={"default_role": role})
        draft.put_field(auth.user_entity, field.model_copy(update={"default": role}))


def _only_ordinary_role(draft: Draft) -> str | None:
    """The role that can only be meant for whoever registers; privileges are never guessed."""
    ordinary = [role for role in draft.roles if role in _ORDINARY_ROLES]
    candidates = list(draft.roles) if len(draft.roles) == 1 else ordinary
    if len(candidates) != 1:
        return None
    draft.assume(f"Whoever registers gets the role `{candidates[0]}`.")
    return candidates[0]
