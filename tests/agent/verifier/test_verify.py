"""Verdicts on whole backends: the emitted one passes, an empty one and a spoiled one do not."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from agent.intake import read_spec
from agent.verifier.app_run import run_app
from agent.verifier.candidate import Candidate
from agent.verifier.requirements import trace_requirements
from agent.verifier.verdict import TestOutcome, Verdict
from agent.verifier.verify import verify
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from sandbox.memory import MemoryProvider
from tests.agent.verifier.faults import FAULTS, RACE, Fault, plant
from tests.agent.verifier.todo import TODO, todo_files
from tools.blueprint.model import Blueprint, Scenario, Step
from tools.components import emit_backend

BUY_AND_PAY = Scenario(
    name="buy_and_pay",
    requirements=("R18",),
    steps=(
        Step(
            actor="staff",
            method="POST",
            path="/books",
            body={"title": "Emma", "author": "Austen", "isbn": "9780141439587", "price": "7.50"},
            status=201,
            expect={"stock": 0, "price": "7.50"},
            save={"book": "id"},
        ),
        Step(actor="staff", method="PATCH", path="/books/{{book}}", body={"stock": 3}, status=200),
        Step(
            actor="customer:alice",
            method="POST",
            path="/orders",
            body={"items": [{"book_id": "{{book}}", "quantity": 2}]},
            status=201,
            expect={"total": "15.00", "items.0.book_id": "{{book}}", "items.0.quantity": 2},
            save={"order": "id"},
        ),
        Step(actor="customer:bob", method="GET", path="/orders/{{order}}", status=404),
        Step(actor="staff", method="POST", path="/orders/{{order}}/ship", status=409),
        Step(actor="customer:alice", method="POST", path="/orders/{{order}}/pay", status=200),
        Step(method="GET", path="/books", status=200, expect={"items.0.stock": 1}),
    ),
)
AGAIN = BUY_AND_PAY.model_copy(update={"name": "the_same_again"})
"""Passes only when the rows of the scenario before it are gone: the isbn is unique."""
LAST_COPY = Scenario(
    name="last_copy",
    steps=(
        *BUY_AND_PAY.steps[:1],
        Step(actor="staff", method="PATCH", path="/books/{{book}}", body={"stock": 1}, status=200),
        *(
            Step(
                actor=f"customer:{name}",
                method="POST",
                path="/orders",
                body={"items": [{"book_id": "{{book}}", "quantity": 1}]},
                status=status,
                expect={"total": "7.50", "items.#": 1} if status == 201 else {"status": 409},
                lacks=("id",) if status == 409 else (),
                at_once=True,
            )
            for name, status in (("alice", 201), ("bob", 409), ("carl", 409))
        ),
        Step(
            actor="staff",
            method="GET",
            path="/orders",
            status=200,
            expect={"items.#": 1, "items.#.total": ["7.50"]},
            lacks=("items.1",),
        ),
    ),
)
"""Of three who want the last one at the same moment, one gets it."""
WRONG = Scenario(
    name="wrong", steps=(Step(method="GET", path="/books", status=200, expect={"items": [1]}),)
)
ATTACK = b"""
import os, sys
import psycopg
url = os.environ["DATABASE_URL"].replace("+asyncpg", "")
psycopg.connect(url).close()
try:
    psycopg.connect("postgresql://postgres@127.0.0.1:5432/app_db")
except psycopg.OperationalError as error:
    sys.exit(0 if "pg_hba.conf" in str(error) else 1)
sys.exit(2)
"""
NOTHING = b"""
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200 if self.path == "/health" else int(sys.argv[1]))
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer

HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
"""
EXAMPLES = Path(__file__).parents[3] / "examples"
FOUR = ("bookshop", "helpdesk", "clinic", "todo")
SECONDS = 300


@cache
def blueprint_of(example: str) -> Blueprint:
    blueprint = read_spec((EXAMPLES / example / "spec.md").read_bytes()).blueprint
    scenarios = (BUY_AND_PAY, AGAIN, LAST_COPY) if example == "bookshop" else ()
    return blueprint.model_copy(update={"scenarios": scenarios})


def encode(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def judge(
    files: Mapping[str, bytes], provider: SandboxProvider, example: str = "bookshop"
) -> Verdict:
    blueprint = blueprint_of(example)
    return verify(Candidate(files, blueprint, provider, "test-verify", Deadline.after(SECONDS)))


@pytest.mark.parametrize(
    ("machines", "example"),
    [
        *(pytest.param("docker", example, marks=pytest.mark.docker) for example in FOUR),
        pytest.param("bubblewrap", "helpdesk", marks=pytest.mark.bubblewrap),
    ],
    indirect=["machines"],
)
def test_the_emitted_backend_passes(example: str, machines: SandboxProvider) -> None:
    verdict = judge(encode(emit_backend(blueprint_of(example))), machines, example)
    assert verdict.passed, verdict.findings_text()
    assert {check.name for check in verdict.checks} == {
        "isolation",
        "database",
        "migrations",
        "boots",
        "schema",
        "endpoints",
        "acceptance",
        "packages",
        "project_tests",
        "requirements",
        "kept_tests",
        "security",
    }
    assert {result.status for result in verdict.requirements.values()} == {"met"}
    assert verdict.acceptance_tests.passed > 40


@pytest.mark.docker
def test_a_backend_in_a_form_of_its_own_passes(docker_provider: SandboxProvider) -> None:
    verdict = verify(
        Candidate(todo_files(), TODO, docker_provider, "test-verify", Deadline.after(SECONDS))
    )
    assert verdict.passed, verdict.findings_text()
    statuses = {check.name: check.status for check in verdict.checks}
    assert (statuses["migrations"], statuses["schema"]) == ("not_applicable", "not_applicable")
    assert (statuses["boots"], statuses["acceptance"]) == ("passed", "passed")


@pytest.mark.docker
def test_the_empty_project_fails(docker_provider: SandboxProvider) -> None:
    verdict = judge({}, docker_provider)
    assert not verdict.passed
    statuses = {check.name: check.status for check in verdict.checks}
    assert statuses["migrations"] == "failed"
    assert statuses["project_tests"] == "failed"
    assert statuses["acceptance"] == "could_not_run"
    assert set(verdict.requirements) == set(verdict.unmet)


@pytest.mark.parametrize("status", [200, 404])
def test_an_app_that_does_nothing_meets_nothing(status: int, machines: SandboxProvider) -> None:
    blueprint = with_commands(migrate="", start=f"python nothing.py {status}")
    run = run_app(
        Candidate(
            {"nothing.py": NOTHING},
            blueprint,
            machines,
            "test-verify",
            Deadline.after(SECONDS),
        )
    )
    assert run.tests.passed <= 3, [t.id for t in run.tests.tests if t.outcome == "passed"]
    requirements = trace_requirements(blueprint, run.tests.tests)
    assert {result.status for result in requirements.values()} == {"unmet"}


@pytest.mark.docker
def test_an_app_that_does_not_start_shows_its_log(docker_provider: SandboxProvider) -> None:
    files = encode(emit_backend(blueprint_of("bookshop")))
    files["app/main.py"] = b"raise RuntimeError('no such thing as a backend')\n"
    run = run_app(
        Candidate(
            files, blueprint_of("bookshop"), docker_provider, "test-verify", Deadline.after(SECONDS)
        )
    )
    boots = next(check for check in run.checks if check.name == "boots")
    assert boots.status == "failed"
    assert "no such thing as a backend" in boots.findings[0]


def test_no_superuser_of_the_database_is_in_reach_of_the_app(
    machines: SandboxProvider,
) -> None:
    blueprint = with_commands(migrate="python attack.py", start="true")
    run = run_app(
        Candidate(
            {"attack.py": ATTACK},
            blueprint,
            machines,
            "test-verify",
            Deadline.after(SECONDS),
        )
    )
    statuses = {check.name: check.status for check in run.checks}
    assert statuses == {"database": "passed", "migrations": "passed", "boots": "failed"}


def test_tests_that_prove_nothing_do_not_hide_a_fault(machines: SandboxProvider) -> None:
    """The gate of the project's tests is passed; the acceptance tests find what is wrong."""
    fault = next(fault for fault in FAULTS if fault.name == "no ownership check")
    files = plant(emit_backend(blueprint_of("bookshop")), [fault])
    hollow = {path: text for path, text in files.items() if not path.startswith("tests/")}
    verdict = judge(encode({**hollow, "tests/test_a.py": "def test_a():\n    pass\n"}), machines)
    statuses = {check.name: check.status for check in verdict.checks}
    assert (statuses["project_tests"], statuses["acceptance"]) == ("passed", "failed")
    assert not verdict.passed


@pytest.mark.docker
def test_a_suite_that_is_not_done_in_time_is_no_pass(docker_provider: SandboxProvider) -> None:
    blueprint = with_commands(migrate="sleep 60")
    run = run_app(Candidate({}, blueprint, docker_provider, "test-verify", Deadline.after(3)))
    assert {check.status for check in run.checks} <= {"passed", "failed", "could_not_run"}
    assert [check.name for check in run.checks if not check.ok] == ["migrations", "boots"]
    assert run.tests.tests == ()


def with_commands(**commands: str) -> Blueprint:
    blueprint = blueprint_of("bookshop")
    changed = blueprint.conventions.commands.model_copy(update=commands)
    conventions = blueprint.conventions.model_copy(update={"commands": changed})
    return blueprint.model_copy(update={"conventions": conventions})


def test_machines_that_do_not_isolate_never_verify() -> None:
    verdict = judge({}, MemoryProvider())
    assert not verdict.passed
    assert verdict.checks[0].status == "could_not_run"


@pytest.fixture(scope="module")
def found(docker_provider: SandboxProvider) -> dict[str, TestOutcome]:
    """Acceptance tests that fail on a bookshop with all the faults."""
    return run_with(FAULTS, docker_provider)


def run_with(faults: tuple[Fault, ...], provider: SandboxProvider) -> dict[str, TestOutcome]:
    blueprint = blueprint_of("bookshop").model_copy(update={"scenarios": (WRONG,)})
    files = encode(plant(emit_backend(blueprint), faults))
    run = run_app(Candidate(files, blueprint, provider, "test-verify", Deadline.after(SECONDS)))
    assert run.tests.tests, run.checks
    return {test.id: test for test in run.tests.tests if test.outcome != "passed"}


@pytest.mark.docker
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_found(fault: Fault, found: dict[str, TestOutcome]) -> None:
    assert found[fault.found_by].outcome == "failed"
    assert found[fault.found_by].message


@pytest.mark.docker
def test_a_race_is_found(docker_provider: SandboxProvider) -> None:
    assert set(run_with((RACE,), docker_provider)) == {RACE.found_by, "scenario[wrong]"}
