"""What of a frozen Blueprint the examiner sees: how to talk to the backend, not how it behaves.

Paths, parameters, keys, JSON types, login and the shape of lists. No rules, limits, permissions,
scenarios or assumptions: those the examiner has to take from the spec itself.
"""

from collections.abc import Iterator

from tools.blueprint.model import Auth, Blueprint, Endpoint, Entity, EntityField, StateMachine
from tools.checks.acceptance import facts

BULK = {
    "bulk_create": '{"items": [...]}',
    "bulk_update": '{"items": [{"id", "changes"}]}',
    "bulk_delete": '{"ids": [...]}',
}
"""Operation -> its body."""
OPERATIONS = (
    "Operations (`?` marks what may be left out; what a `custom` one takes and answers is said by "
    "the spec alone):"
)


def describe_interface(blueprint: Blueprint) -> str:
    """The interface as text, one line a thing."""
    if blueprint.form == "free":  # the spec dictates the rest
        return "\n".join(_operation_line(blueprint, one) for one in blueprint.endpoints)
    lines = [*_conventions(blueprint), "", OPERATIONS]
    lines += [_operation_line(blueprint, endpoint) for endpoint in blueprint.endpoints]
    lines += ["", "Objects in answers:", *(_object(blueprint, one) for one in blueprint.entities)]
    return "\n".join(lines)


def _conventions(blueprint: Blueprint) -> Iterator[str]:
    conventions = blueprint.conventions
    errors = {
        "problem": '{"type", "title", "status", "detail", "code"}',
        "envelope": '{"error": {"code", "message", "details"}}',
        "detail": '{"detail"}',
    }
    pages, formats = conventions.pagination, conventions.formats
    total = f", {pages.total_key}" if pages.total_key else ""
    after = f", {pages.next_key}" if pages.style == "keyset" else ""
    if conventions.base_path:
        yield f"Every path below begins with {conventions.base_path}."
    yield f"An error's body: {errors[conventions.errors.style]}."
    yield f"The answer of `list`: {{{pages.items_key}{total}{after}}}."
    yield f"Its pages: ?{pages.size_param}= and ?{pages.position_param}=."
    yield f"Ids: {formats.id_type}. Decimals: JSON {formats.decimal}. Times: ISO 8601."
    if blueprint.auth is not None:
        yield from _login(blueprint, blueprint.auth)


def _login(blueprint: Blueprint, auth: Auth) -> Iterator[str]:
    keys, names = blueprint.conventions.tokens, blueprint.conventions.environment
    form = keys.login_body == "form"
    login = "form fields username, password" if form else f"JSON {_credentials(auth)}"
    yield f"Login takes {login}; it answers {{{keys.access_key}, {keys.refresh_key}}}."
    yield "Authorization: Bearer and the access token."
    if blueprint.roles:
        yield f"Roles: {', '.join(role.name for role in blueprint.roles)}."
    login, password = names.first_admin_login, names.first_admin_password
    yield f"The first administrator's login: os.environ[{login!r}], os.environ[{password!r}]."


def _credentials(auth: Auth) -> str:
    return f"{{{auth.login_field}, {auth.password_field}}}"


def _operation_line(blueprint: Blueprint, endpoint: Endpoint) -> str:
    what = " ".join(filter(None, [endpoint.operation, _subject(blueprint, endpoint)]))
    parts = [f"{endpoint.key}  {what} -> {endpoint.status}"]
    if query := _query(endpoint):
        parts.append(f"query {', '.join(query)}")
    if body := _body(blueprint, endpoint):
        parts.append(f"body {body}")
    return "; ".join(parts)


def _query(endpoint: Endpoint) -> list[str]:
    names = [*endpoint.filters, *(comparison.param for comparison in endpoint.comparisons)]
    ordered = [f"sort={name}|-{name}" for name in endpoint.sort]
    return names + ["q"] * bool(endpoint.search) + ordered


def _subject(blueprint: Blueprint, endpoint: Endpoint) -> str | None:
    """The entity that it answers with or works on."""
    if blueprint.auth and endpoint.operation in {"register", "me"}:
        return blueprint.auth.user_entity
    return endpoint.entity


def _body(blueprint: Blueprint, endpoint: Endpoint) -> str:
    operation = endpoint.operation
    if operation in BULK:
        return BULK[operation]
    if operation in {"refresh", "logout"}:
        return f"{{{blueprint.conventions.tokens.refresh_key}}}"
    if operation == "transition" and endpoint.to is None:
        return f"{{{_state_field(blueprint, endpoint)}}}"
    if operation not in {"create", "update", "register"}:
        return ""
    name = _subject(blueprint, endpoint)
    if name is None:
        return ""
    return f"{{{', '.join(_keys(blueprint, endpoint, blueprint.entity(name)))}}}"


def _keys(blueprint: Blueprint, endpoint: Endpoint, entity: Entity) -> Iterator[str]:
    optional = endpoint.operation == "update"
    for field in facts.body_fields(blueprint, endpoint, entity):
        yield field.name + ("" if facts.required(field) and not optional else "?")
    if blueprint.auth and facts.takes_password(blueprint, endpoint):
        yield blueprint.auth.password_field + ("?" if optional else "")
    for embed in facts.embeds(endpoint, entity):
        inner = ", ".join(field.name for field in facts.embedded_fields(blueprint, embed))
        yield f"{embed.field}: [{{{inner}}}]"


def _state_field(blueprint: Blueprint, endpoint: Endpoint) -> str:
    machines = (rule for rule in blueprint.rules if isinstance(rule, StateMachine))
    return next((rule.field for rule in machines if rule.entity == endpoint.entity), "")


def _object(blueprint: Blueprint, entity: Entity) -> str:
    hidden = {blueprint.auth.hash_field} if blueprint.auth else set()
    shown = [field for field in entity.fields if field.readable and field.name not in hidden]
    keys = [_key(blueprint, field) for field in shown]
    keys += [f"{embed.field}: [{embed.entity}]" for embed in entity.embeds]
    return f"{entity.name}: {', '.join(keys)}"


def _key(blueprint: Blueprint, field: EntityField) -> str:
    kind = "|".join(blueprint.enum(field.enum).values) if field.enum else field.type
    return f"{field.name} {kind}"
