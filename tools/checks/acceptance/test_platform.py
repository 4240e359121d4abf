"""What every backend promises: documented routes, tables as described, health, CORS, errors."""

import os
import re
from pathlib import Path

import pytest

from tools.blueprint.model import EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import ALLOWED_ORIGIN, Case, EndpointCase, EntityCase
from tools.checks.acceptance.database import Column
from tools.checks.acceptance.paths import path_to
from tools.checks.acceptance.world import World

METHODS = ("get", "post", "put", "patch", "delete")
COLUMN_TYPES = {
    "string": {"varchar"},
    "text": {"text"},
    "integer": {"int4"},
    "bigint": {"int8"},
    "decimal": {"numeric"},
    "float": {"float8"},
    "boolean": {"bool"},
    "date": {"date"},
    "time": {"time"},
    "timestamptz": {"timestamptz"},
    "interval": {"interval"},
    "uuid": {"uuid"},
    "jsonb": {"jsonb"},
    "bytes": {"bytea"},
    "enum": {"text", "varchar"},
}
"""Field type -> `udt_name` of its column in PostgreSQL."""


@pytest.fixture(scope="module")
def served(world: World) -> set[tuple[str, str]]:
    """Method and path shape of everything in the OpenAPI document, which is kept for the report."""
    document = world.api.call("GET", "/openapi.json", at_root=True)
    if document.status == 404:
        document = world.api.call("GET", "/openapi.json")
    paths = document.expect(200).row.get("paths")
    Path(os.environ["ACCEPTANCE_OPENAPI"]).write_text(document.text)
    assert isinstance(paths, dict), "no paths in /openapi.json"
    return {
        (method, _shape(path))
        for path, item in paths.items()
        if isinstance(item, dict)
        for method in item
        if method in METHODS
    }


def test_served(world: World, case: EndpointCase, served: set[tuple[str, str]]) -> None:
    """The endpoint is in the OpenAPI document that the backend serves."""
    path = world.blueprint.conventions.base_path + case.endpoint.path
    wanted = (case.endpoint.method.lower(), _shape(path))
    assert wanted in served, f"{case.endpoint.key} is not in /openapi.json"


def test_undeclared(world: World, case: Case, served: set[tuple[str, str]]) -> None:
    """The OpenAPI document holds no endpoint that the Blueprint does not."""
    conventions = world.blueprint.conventions
    known = {
        (e.method.lower(), _shape(conventions.base_path + e.path))
        for e in world.blueprint.endpoints
    }
    known |= {("get", conventions.health_path), ("get", conventions.ready_path)}
    more = sorted(f"{method.upper()} {path}" for method, path in served - known)
    assert not more, f"endpoints that nobody asked for: {', '.join(more)}"


def test_table(world: World, case: EntityCase) -> None:
    """The migrations made the table with the columns of the Blueprint."""
    columns = world.database.columns(case.entity.table)
    assert columns, f"there is no table {case.entity.table!r}"
    given = facts.is_given(world.blueprint, case.entity)
    wrong = [
        _column_fault(field, columns.get(field.name))
        for field in case.entity.columns
        if not given or field.name not in columns  # a given table has types of its own
    ]
    faults = [fault for fault in wrong if fault]
    assert not faults, "; ".join(faults)


def test_health(world: World, case: Case) -> None:
    """The backend says that it is up."""
    world.api.call("GET", case.subject, at_root=True).expect(200)


def test_ready(world: World, case: Case) -> None:
    """The backend says that it can work."""
    world.api.call("GET", case.subject, at_root=True).expect(200)


def test_cors(world: World, case: Case) -> None:
    """Browsers may call from the configured origin, and from no other."""
    path = world.blueprint.conventions.health_path
    allowed = world.api.call("GET", path, headers={"Origin": ALLOWED_ORIGIN}, at_root=True)
    assert allowed.headers.get("access-control-allow-origin") == ALLOWED_ORIGIN, allowed
    asked = {"Origin": ALLOWED_ORIGIN, "Access-Control-Request-Method": "GET"}
    preflight = world.api.call("OPTIONS", path, headers=asked, at_root=True).expect(200, 204)
    assert preflight.headers.get("access-control-allow-origin") == ALLOWED_ORIGIN, preflight
    other = world.api.call("GET", path, headers={"Origin": "https://evil.example"}, at_root=True)
    assert other.headers.get("access-control-allow-origin") in (None, ALLOWED_ORIGIN), other


def test_unknown_route(world: World, case: Case) -> None:
    """An address that does not exist: 404 in the shape of every error."""
    world.api.call("GET", "/no-such-route").expect(404)


def test_wrong_method(world: World, case: Case) -> None:
    """A method that a path does not have: 405 in the shape of every error."""
    endpoint = world.blueprint.endpoints[0]
    used = {e.method for e in world.blueprint.endpoints if _shape(e.path) == _shape(endpoint.path)}
    method = next(m.upper() for m in METHODS if m.upper() not in used)
    world.api.call(method, path_to(world.blueprint, endpoint, {})).expect(405)


def test_broken_json(world: World, case: Case) -> None:
    """A body that is no JSON is a validation error."""
    writers = [e for e in world.blueprint.endpoints if e.operation in ("create", "register")]
    endpoint = min(writers, key=lambda e: e.operation != "register")
    caller = None
    if not endpoint.access.public:
        caller = world.actors.caller(next(iter(facts.granted(world.blueprint, endpoint)), None))
    owner = caller if endpoint.parent else None
    path = path_to(world.blueprint, endpoint, {}, world.parent_for(endpoint, owner))
    token = caller.access if caller else None
    answer = world.api.call(endpoint.method, path, token=token, raw=b'{"broken": ')
    answer.expect(world.blueprint.conventions.errors.validation_status)


def _shape(path: str) -> str:
    """The path without the names of its parameters."""
    return re.sub(r"{[^}]*}", "{}", path)


def _column_fault(field: EntityField, column: Column | None) -> str | None:
    if column is None:
        return f"no column {field.name!r}"
    if field.type == "array":
        fits = column.type.startswith("_")
    else:
        fits = column.type in COLUMN_TYPES[field.type]
    if not fits:
        return f"{field.name} is {column.type}, not {field.type}"
    if column.nullable != field.nullable:
        return f"{field.name} is {'nullable' if column.nullable else 'not nullable'}"
    if field.type == "string" and column.max_length != field.max_length:
        return f"{field.name} holds {column.max_length} characters, not {field.max_length}"
    return None
