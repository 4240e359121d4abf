"""The backend that comes out: whole, plain, and the same every time."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import JsonValue

from agent.intake import read_spec
from tests.tools.components.blueprints import BOOKSHOP, CALLING, HELPDESK, TINY
from tests.tools.components.lending import LENDING
from tests.tools.components.zoo import ZOO
from tools.blueprint.merge import merge_parts
from tools.blueprint.model import Blueprint
from tools.components import components_after, emit_backend
from tools.components.revisions import NO_HISTORY

BLUEPRINTS = [BOOKSHOP, HELPDESK, LENDING, TINY, ZOO, CALLING]
MAX_FUNCTION_LINES = 40
TINY_FILES = {
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "Dockerfile",
    "Makefile",
    "README.md",
    "alembic.ini",
    "alembic/env.py",
    "alembic/script.py.mako",
    "alembic/versions/0001_create_tables.py",
    "app/__init__.py",
    "app/config.py",
    "app/db.py",
    "app/deps.py",
    "app/error_handlers.py",
    "app/errors.py",
    "app/health.py",
    "app/logs.py",
    "app/main.py",
    "app/middleware.py",
    "app/notes/__init__.py",
    "app/notes/models.py",
    "app/notes/routes.py",
    "app/notes/schemas.py",
    "app/notes/service.py",
    "app/openapi.py",
    "app/pagination.py",
    "app/retries.py",
    "app/routers.py",
    "app/schemas.py",
    "compose.yaml",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "tests/__init__.py",
    "tests/answers.py",
    "tests/conftest.py",
    "tests/factories.py",
    "tests/notes/__init__.py",
    "tests/notes/test_create.py",
    "tests/notes/test_get.py",
    "tests/notes/test_list.py",
    "tests/test_database.py",
    "tests/test_errors.py",
    "tests/test_logs.py",
    "tests/test_openapi.py",
    "tests/test_retries.py",
    "tests/test_settings.py",
}
BOOKSHOP_ORDERS = {
    "__init__.py",
    "models.py",
    "routes.py",
    "rules.py",
    "schemas.py",
    "service.py",
    "states.py",
}


@pytest.fixture(params=BLUEPRINTS, ids=lambda blueprint: blueprint.name)
def backend(request: pytest.FixtureRequest) -> dict[str, str]:
    blueprint: Blueprint = request.param
    return emit_backend(blueprint)


def python_files(backend: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in backend.items() if path.endswith(".py")}


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    program = (
        "import hashlib, sys; from tests.tools.components.blueprints import BOOKSHOP;"
        "from tools.components import emit_backend;"
        "print(hashlib.sha256(repr(emit_backend(BOOKSHOP)).encode()).hexdigest())"
    )
    root = Path(__file__).parents[3]
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_components_together_are_the_backend() -> None:
    files = [file for component in components_after(NO_HISTORY) for file in component.emit(TINY)]
    assert {file.path: file.content for file in files} == emit_backend(TINY)
    assert len({file.path for file in files}) == len(files)


def test_text_files_end_in_one_line_feed(backend: dict[str, str]) -> None:
    for path, text in backend.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "\r" not in text, path


def test_python_files_are_short_of_line_and_function(backend: dict[str, str]) -> None:
    for path, text in python_files(backend).items():
        assert max(map(len, text.splitlines()), default=0) <= 100, path
        if path.startswith("alembic/versions/"):
            continue  # a table of many columns is one long list
        for node in ast.walk(ast.parse(text, path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= MAX_FUNCTION_LINES, f"{path}: {node.name} has {length} lines"


def test_every_public_function_of_the_application_says_what_it_does(
    backend: dict[str, str],
) -> None:
    for path, text in python_files(backend).items():
        tree = ast.parse(text)
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if path.startswith("app/") and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert ast.get_docstring(node), f"{path}: {node.name}"


def test_nothing_names_a_host(backend: dict[str, str]) -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in backend[name]
        assert "--hash=sha256:" in backend[name]


def test_a_tiny_backend_has_what_it_needs_and_nothing_else() -> None:
    backend = emit_backend(TINY)
    assert set(backend) == TINY_FILES
    code = "\n".join(python_files(backend).values())
    for word in ("jwt", "pwdlib", "app.auth", "Bearer", "secret_key", "unauthorized"):
        assert word not in code
    assert "pyjwt" not in backend["requirements.txt"]


def test_an_embedded_child_lives_with_its_parent() -> None:
    paths = set(emit_backend(BOOKSHOP))
    orders = {path.removeprefix("app/orders/") for path in paths if path.startswith("app/orders/")}
    assert orders == BOOKSHOP_ORDERS
    assert not any(path.startswith("app/order_items/") for path in paths)


def test_routes_read_as_sentences() -> None:
    routes = emit_backend(BOOKSHOP)["app/orders/routes.py"]
    assert "caller: OwningCustomerOrStaff," in routes
    assert "return await service.move_order(session, order, OrderStatus.PAID)" in routes


def test_only_services_and_auth_speak_sql() -> None:
    for path, text in emit_backend(BOOKSHOP).items():
        if path.startswith("app/") and path.endswith("routes.py"):
            assert "sqlalchemy" not in text.replace("sqlalchemy.ext.asyncio", ""), path


def test_a_refresh_token_table_comes_with_users_only() -> None:
    revision = "alembic/versions/0001_create_tables.py"
    assert "auth_refresh_tokens" in emit_backend(BOOKSHOP)[revision]
    assert "auth_refresh_tokens" not in emit_backend(TINY)[revision]


def test_conventions_reach_the_code() -> None:
    backend = emit_backend(ZOO)
    assert 'BASE_PATH = "/api/v2"' in backend["app/routers.py"]
    assert "accessToken: str" in backend["app/auth/schemas.py"]
    assert 'validation_alias="JWT_KEY"' in backend["app/config.py"]
    assert "BcryptHasher()" in backend["app/auth/passwords.py"]
    assert "data: list[Item]" in backend["app/pagination.py"]
    assert re.search(r"ApiError\(400,\s*\"validation_error\"", backend["app/error_handlers.py"])


def test_without_an_endpoint_that_takes_them_there_are_no_refresh_tokens() -> None:
    files = emit_backend(LENDING)
    assert "app/auth/models.py" not in files
    assert not [path for path, text in files.items() if "auth_refresh_tokens" in text]
    assert "refresh" not in files["app/auth/service.py"].replace("session.refresh", "")


@pytest.mark.parametrize(
    ("stated", "role"), [("clerk", "CLERK"), (None, "ADMIN")], ids=["stated", "by name"]
)
def test_the_first_admin_has_the_role_that_the_spec_names(stated: str | None, role: str) -> None:
    assert LENDING.auth is not None
    auth = LENDING.auth.model_copy(update={"first_admin_role": stated})
    made = emit_backend(LENDING.model_copy(update={"auth": auth}))["app/auth/first_admin.py"]
    assert f"role=UserRole.{role}," in made


def test_without_an_admin_the_first_user_has_the_role_that_may_call_most() -> None:
    data = HELPDESK.model_dump_json().replace('"admin"', '"chief"')
    made = emit_backend(Blueprint.model_validate_json(data))["app/auth/first_admin.py"]
    assert "role=UserRole.CHIEF," in made


def test_no_resource_hides_what_the_tests_share() -> None:
    answers = TINY.entities[0].model_copy(update={"table": "answers"})
    files = emit_backend(TINY.model_copy(update={"entities": (answers,)}))
    assert "tests/answers.py" in files
    assert "tests/answers_/test_create.py" in files
    assert not [path for path in files if path.startswith("tests/answers/")]


def test_many_users_in_one_request_each_get_the_hash_of_their_password() -> None:
    bulk: list[JsonValue] = [
        {"operation": f"bulk_{kind}", "method": method, "path": "/members/bulk", "entity": "user",
         "access": "admin"}
        for kind, method in (("create", "POST"), ("update", "PATCH"))
    ]  # fmt: skip
    routes = emit_backend(merge_parts(LENDING, {"endpoints": bulk}).blueprint)["app/users/bulk.py"]
    assert "password_hash = await passwords.hash(item.password)" in routes
    assert "password_hash = await passwords.hash(item.changes.password)" in routes


def test_where_users_can_have_one_row_each_a_list_has_rows_of_several() -> None:
    spec = Path("evals/suites/components/courses/instruction.md").read_bytes()
    listed = emit_backend(read_spec(spec).blueprint)["tests/seats/test_list.py"]
    assert "make_seat(session, course_id=course.id) for _ in range(3)" in listed


@pytest.mark.parametrize("readable", [True, False])
def test_registration_is_only_asked_for_a_role_that_it_shows(*, readable: bool) -> None:
    user = BOOKSHOP.entity("user")
    change = {"readable": readable}
    fields = [f.model_copy(update=change) if f.name == "role" else f for f in user.fields]
    changed = user.model_copy(update={"fields": tuple(fields)})
    entities = [changed if e.name == "user" else e for e in BOOKSHOP.entities]
    files = emit_backend(BOOKSHOP.model_copy(update={"entities": tuple(entities)}))
    assert ('assert shown["role"]' in files["tests/auth/test_register.py"]) is readable
