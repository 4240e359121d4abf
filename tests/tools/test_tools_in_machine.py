"""The tools that run something, in a real sandbox, as a model calls them."""

import json

import pytest

from tools.base import Observation, TestCounts, ToolContext
from tools.defaults import DEFAULT_TOOLS
from tools.dispatch import find_tool, parse_arguments, run_tool

pytestmark = pytest.mark.docker

APP = """\
import os

from fastapi import FastAPI, Request


def create_app():
    app = FastAPI()

    @app.get("/health")
    def health():
        return {"ok": True}

    @app.post("/echo")
    async def echo(request: Request):
        return {"body": (await request.body()).decode(), "token": request.headers["authorization"]}

    @app.get("/boom")
    def boom():
        return 1 / 0

    return app
"""
TESTS = """\
import os
import time

import psycopg
import pytest


def test_database_is_empty():
    url = os.environ["TEST_DATABASE_URL"].replace("+asyncpg", "")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE left_over (id int)")


@pytest.mark.parametrize("n", [1, 2])
def test_n(n):
    print("10 passed")
    assert n == 1


def test_slow():
    time.sleep(float(os.environ.get("SLOW", "0")))
"""


def call(ctx: ToolContext, name: str, **arguments: object) -> Observation:
    tool = find_tool(DEFAULT_TOOLS, name)
    return run_tool(tool, ctx, parse_arguments(tool, json.dumps(arguments)))


def test_run_tests_with_a_fresh_database_each_time(machine: ToolContext) -> None:
    machine.workspace.write("tests/test_a.py", TESTS.encode())
    for _ in range(2):
        said = call(machine, "run_tests")
        assert said.tests == TestCounts(
            passed=3, failed=1, skipped=0, failing=("tests/test_a.py::test_n[2]",)
        )
    failure = said.text.split("\n", 1)[1]
    assert failure == (
        "\nFAILED tests/test_a.py::test_n[2]\ntests/test_a.py:17: in test_n\n    assert n == 1\n"
        "E   assert 2 == 1"
    )
    one = call(machine, "run_tests", paths=["tests/test_a.py::test_n[1]"])
    assert (one.ok, one.tests) == (True, TestCounts(passed=1, failed=0, skipped=0))
    none = call(machine, "run_tests", keyword="nothing_like_this")
    assert none.text.startswith("0 tests were collected; exit code 5")
    missing = call(machine, "run_tests", paths=["tests/test_z.py"])
    assert missing.text.endswith("file or directory not found: tests/test_z.py")
    assert not any(path.startswith(".agent") for path in machine.workspace.files())


def test_run_tests_that_hang_are_stopped_and_reported(machine: ToolContext) -> None:
    machine.workspace.write("tests/test_a.py", TESTS.replace('"SLOW", "0"', '"S", "60"').encode())
    said = call(machine, "run_tests", timeout_s=5)
    assert said.tests is not None
    assert (said.tests.passed, said.tests.failed, said.tests.skipped) == (2, 2, 0)
    assert said.text.split("\n")[0].endswith(
        "interrupted at /workspace/tests/test_a.py:21; timed out: stopped after 5 s."
    )
    assert machine.session.generation == 1, "the machine survives"


def test_run_tests_names_a_file_that_does_not_import(machine: ToolContext) -> None:
    machine.workspace.write("tests/test_b.py", b"import nothing_there\n")
    said = call(machine, "run_tests").text
    assert "BROKEN tests/test_b.py\n" in said
    assert said.endswith("E   ModuleNotFoundError: No module named 'nothing_there'")


def test_run_command(machine: ToolContext) -> None:
    said = call(
        machine,
        "run_command",
        command="psql -qAt postgresql://app:app@127.0.0.1/app -c 'SELECT 6 * 7'; "
        "printf '\\033[31m%s\\n' $ENVIRONMENT; python -c 'import fastapi'; echo x > made.txt",
    )
    assert said.ok
    assert said.text.split("\n")[1:] == ["changed files: made.txt", "42", "test"]
    assert machine.workspace.read("made.txt") == b"x\n"


def test_run_command_that_hangs_or_leaves_children(machine: ToolContext) -> None:
    assert call(machine, "run_command", command="(sleep 60 &); echo on").text.endswith("\non")
    slow = call(machine, "run_command", command="echo early; sleep 60", timeout_s=1)
    assert slow == Observation(text="timed out: stopped after 1 s.\nearly", ok=False)
    assert machine.session.generation == 1


def test_run_command_cannot_bring_a_link_back(machine: ToolContext) -> None:
    said = call(machine, "run_command", command="ln -s /etc/passwd link; echo x > file.txt")
    assert said.text.startswith("the command ran, but left a file that cannot be taken over:")
    assert list(machine.workspace.files()) == ["blueprint.json"]
    said = call(machine, "run_command", command="rm link")
    assert said.text.split("\n")[1:] == ["changed files: file.txt"]


def test_a_killed_machine_is_replaced(machine: ToolContext) -> None:
    machine.workspace.write("app.py", b"x = 1\n")
    said = call(machine, "run_command", command="yes").text
    assert "The sandbox machine is gone" in said
    assert call(machine, "run_command", command="cat app.py").text.endswith("\nx = 1")
    assert machine.session.generation == 2


def test_the_server_from_start_to_stop(machine: ToolContext) -> None:
    machine.workspace.write("app/__init__.py", b"")
    machine.workspace.write("app/main.py", APP.encode())
    nobody = call(machine, "http_request", method="GET", path="/health")
    assert nobody.text.startswith("no answer on port 8000: ConnectionRefusedError")
    assert call(machine, "server_logs").text.startswith("no server was started")

    started = call(machine, "start_server", migrate=False)
    assert started.text.startswith(
        "the server runs on port 8000. GET http://127.0.0.1:8000/health: 200\nfirst admin"
    )
    answer = call(
        machine, "http_request", method="POST", path="/echo", json_body={"a": 1}, token="t"
    )
    assert answer.text.endswith('\n\n{"body":"{\\"a\\": 1}","token":"Bearer t"}')
    form = call(machine, "http_request", method="POST", path="/echo", form={"a": "b c"}, token="t")
    assert '{"body":"a=b+c"' in form.text
    boom = call(machine, "http_request", method="GET", path="/boom").text
    assert boom.startswith("HTTP 500 Internal Server Error")
    assert "site-packages" not in boom
    assert boom.endswith("ZeroDivisionError: division by zero")

    changed = APP.replace('"ok": True', '"ok": False')
    machine.workspace.write("app/main.py", changed.encode())
    assert call(machine, "start_server", migrate=False).ok
    assert '{"ok":false}' in call(machine, "http_request", method="GET", path="/health").text
    assert call(machine, "stop_server").text == "stopped the server"
    assert call(machine, "server_logs", lines=1).text.startswith("the server does not run any more")


def test_a_server_that_does_not_start_shows_its_log(machine: ToolContext) -> None:
    machine.workspace.write("app/__init__.py", b"")
    machine.workspace.write("app/main.py", b"raise SystemExit('no secret key')\n")
    said = call(machine, "start_server", migrate=False).text
    assert said.startswith("the server did not start (uvicorn app.main:create_app")
    assert said.endswith("exit code 1. Its log ends with:\nno secret key")
    failed = call(machine, "start_server").text
    assert failed.startswith("migration failed (alembic upgrade head): exit code ")


def test_search_files_survives_a_hostile_pattern(machine: ToolContext) -> None:
    machine.workspace.write("a.txt", b"a" * 40 + b"!\n")
    assert call(machine, "search_files", text="a!").text.startswith("1 match\na.txt:1: aaa")
    said = call(machine, "search_files", text="(a+)+$", regex=True)
    assert said == Observation(
        text="the search took more than 5 s; use a simpler pattern", ok=False
    )
    nowhere = call(machine, "search_files", text="a", folder="app")
    assert nowhere.text == "no files in 'app'; list_files shows what there is"
