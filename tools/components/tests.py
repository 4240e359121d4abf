"""Writes the backend's own tests: on a real PostgreSQL, each rolled back."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import Blueprint, Entity
from tools.components.auth import user_shape
from tools.components.base import GeneratedFile
from tools.components.bulk_tests import bulk_tests
from tools.components.caching import cached_endpoints, cached_tables
from tools.components.columns import python_type
from tools.components.factories import body_factories, row_factories
from tools.components.limits import limits_of
from tools.components.names import attribute, quote
from tools.components.operations import Operation, operations_of
from tools.components.origins import origins_of
from tools.components.payloads import create_fields
from tools.components.plan import Plan, make_plan
from tools.components.render import render_python, render_tests
from tools.components.resource_tests import (
    limited_endpoints,
    matrix_lines,
    resource_tests,
    test_imports,
)
from tools.components.samples import valid
from tools.components.support import check_supported
from tools.components.visibility_tests import readable_by

SHARED_MODULES = frozenset({"answers", "callers", "factories", "kept_answers"})
"""Modules under `tests/` that a resource's folder must not hide."""


class GeneratedTests:
    """Fixtures and factories, and tests of every path, rule and refusal."""

    name = "tests"

    def emit(self, blueprint: Blueprint) -> Iterator[GeneratedFile]:
        """The files under `tests/`."""
        plan = make_plan(blueprint)
        check_supported(plan)
        operations = [o for found in operations_of(plan).values() for o in found]
        origins = origins_of(plan) | test_imports(operations, plan)
        context = _context(plan, operations)
        yield GeneratedFile("tests/__init__.py", '"""Tests of the whole backend."""\n')
        for name in _shared_modules(plan):
            yield render_python(f"tests/{name}.py", f"tests/{name}.py", origins, **context)
        if plan.has_auth:
            yield GeneratedFile("tests/auth/__init__.py", '"""Tests of login and tokens."""\n')
            for name in _auth_modules(blueprint):
                path = f"tests/auth/{name}.py"
                template = f"tests/auth_{name.removeprefix('test_')}.py"
                yield render_python(template, path, origins, **context)
        for entity in plan.resources:
            yield from _resource(entity, plan, origins, context)


def _shared_modules(plan: Plan) -> Iterator[str]:
    yield from ("conftest", "answers", "factories", "test_errors", "test_settings", "test_database")
    yield from ("test_logs", "test_openapi", "test_retries")
    if plan.blueprint.outbound:
        yield "test_outbound"
    if plan.has_auth:
        yield "callers"
        yield "test_access"
    if limits_of(plan).any:
        yield "test_rate_limits"
    if cached_endpoints(plan):
        yield from ("kept_answers", "test_answer_cache")


def _auth_modules(blueprint: Blueprint) -> Iterator[str]:
    yield from ("test_passwords", "test_tokens", "test_first_admin", "conftest")
    for name in ("register", "login", "refresh", "logout"):
        if blueprint.endpoint(name):
            yield f"test_{name}"


def _context(plan: Plan, operations: list[Operation]) -> dict[str, object]:
    endpoints = {
        name: endpoint
        for name in ("register", "login", "refresh", "logout", "me")
        if (endpoint := plan.blueprint.endpoint(name)) is not None
    }
    paged = {o.endpoint.paged for o in operations if o.kind == "list"}
    return {
        "plan": plan,
        "auth": plan.blueprint.auth,
        "outbound": plan.blueprint.outbound,
        "conventions": plan.blueprint.conventions,
        "user": user_shape(plan) if plan.has_auth else None,
        "rows": row_factories(plan),
        "bodies": body_factories(operations, plan),
        "endpoints": endpoints,
        "key_type": lambda entity: python_type(plan.key(entity), plan),
        "auto_fields": _auto_fields,
        "shared_path": _shared_path(plan),
        "body_path": _body_path(plan),
        "pages": True in paged or not paged,
        "whole": False in paged,
        "limited_endpoints": limited_endpoints(plan),
        "limits_login": limits_of(plan).limits_login,
        **(_logins(plan) if plan.has_auth else {}),
        **(_caches(plan) if cached_endpoints(plan) else {"caches": False}),
        "matrix": matrix_lines(plan) if plan.has_auth else [],
    }


@dataclass(frozen=True)
class Target:
    """Where a test sends something."""

    method: str
    path: str


def _body_path(plan: Plan) -> Target | None:
    """One that the tests of broken bodies may use: without parameters."""
    base = plan.blueprint.conventions.base_path
    for endpoint in plan.blueprint.endpoints:
        if endpoint.operation in {"create", "register", "refresh"} and "{" not in endpoint.path:
            return Target(endpoint.method, base + endpoint.path)
    return None


def _shared_path(plan: Plan) -> Target | None:
    """A path without parameters that has several methods, and those methods."""
    methods: dict[str, set[str]] = {}
    for endpoint in plan.blueprint.endpoints:
        if "{" not in endpoint.path and endpoint.operation != "custom":
            path = plan.blueprint.conventions.base_path + endpoint.path
            methods.setdefault(path, set()).add(endpoint.method)
    for path, found in methods.items():
        if len(found) > 1:
            return Target(", ".join(sorted(found)), path)
    return None


def _auto_fields(entity: Entity) -> str:
    """What changes by itself when a row changes, as the end of a set display."""
    names = [f.name for f in entity.fields if f.generated == "now_on_update" or f.computed]
    return "".join(f", {quote(name)}" for name in names)


def _caches(plan: Plan) -> dict[str, object]:
    """A table that kept answers show, and its class."""
    table = cached_tables(plan)[0]
    model = next(plan.model(entity) for entity in plan.blueprint.entities if entity.table == table)
    return {"caches": True, "cached_table": table, "cached_model": model}


def _logins(plan: Plan) -> dict[str, object]:
    """Logins for the auth tests, and the body that logs in."""
    auth = plan.auth
    by_form = plan.blueprint.conventions.tokens.login_body == "form"
    is_email = plan.user.field(auth.login_field).format == "email"

    def login_body(login: str, password: str) -> str:
        names = ("username", "password") if by_form else (auth.login_field, auth.password_field)
        kind = "data" if by_form else "json"
        return f"{kind}={{{quote(names[0])}: {login}, {quote(names[1])}: {password}}}"

    return {
        "login_body": login_body,
        "first_login": "first@example.com" if is_email else "first",
        "login_is_email": is_email,
        "unknown_login": "nobody@example.com" if is_email else "nobody",
        "registration": _registration(plan),
        "shows_role": _shows_role(plan),
    }


def _shows_role(plan: Plan) -> bool:
    """Whether whoever registers is told the role."""
    name = plan.auth.role_field
    return name is not None and readable_by(plan.user.field(name), None)


def _registration(plan: Plan) -> dict[str, str]:
    """Key -> value of a registration body."""
    auth, user = plan.auth, plan.user
    register = plan.blueprint.endpoint("register")
    fields = create_fields(user, register, plan)
    decided = (auth.role_field, auth.active_field)
    chosen = [f for f in fields if not f.nullable and f.name not in decided]
    body = {quote(f.name): valid(f, plan).json for f in chosen}
    body[quote(auth.login_field)] = valid(user.field(auth.login_field), plan).json
    return body | {quote(auth.password_field): "PASSWORD"}


def _resource(
    entity: Entity, plan: Plan, origins: dict[str, str], context: dict[str, object]
) -> Iterator[GeneratedFile]:
    name = plan.folder(entity)
    folder = f"tests/{name}_" if name in SHARED_MODULES else f"tests/{name}"
    yield GeneratedFile(
        f"{folder}/__init__.py", f'"""Tests of {entity.table.replace("_", " ")}."""\n'
    )
    for kind, tests in resource_tests(entity, plan).items():
        path = f"{folder}/test_{kind}.py"
        yield render_tests(f"tests/resource_{kind}.py", path, origins, tests=tests, **context)
    bulk = list(bulk_tests(entity, plan))
    if bulk:
        yield render_tests(
            "tests/resource_bulk.py",
            f"{folder}/test_bulk.py",
            origins,
            tests=bulk,
            entity=entity,
            model=plan.model(entity),
            key=attribute(plan.key(entity).name),
            key_name=plan.key(entity).name,
        )
