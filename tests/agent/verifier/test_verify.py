"""Verdicts on whole backends: the emitted one passes, an empty one and a spoiled one do not."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from agent.intake import read_spec
from agent.verifier.app_run import run_app
from agent.verifier.verdict import TestOutcome, Verdict
from agent.verifier.verify import verify
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from sandbox.memory import MemoryProvider
from tests.agent.verifier.faults import FAULTS, RACE, Fault, plant
from tools.blueprint.model import Blueprint
from tools.components import emit_backend

EXAMPLES = Path(__file__).parents[3] / "examples"
SECONDS = 300


@cache
def blueprint_of(example: str) -> Blueprint:
    return read_spec((EXAMPLES / example / "spec.md").read_bytes()).blueprint


def encode(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def judge(
    files: Mapping[str, bytes], provider: SandboxProvider, example: str = "bookshop"
) -> Verdict:
    blueprint = blueprint_of(example)
    return verify(files, blueprint, provider, "test-verify", Deadline.after(SECONDS))


@pytest.mark.docker
@pytest.mark.parametrize("example", ["bookshop", "helpdesk"])
def test_the_emitted_backend_passes(example: str, docker_provider: SandboxProvider) -> None:
    verdict = judge(encode(emit_backend(blueprint_of(example))), docker_provider, example)
    assert verdict.passed, verdict.findings_text()
    assert {check.name for check in verdict.checks} == {
        "isolation",
        "database",
        "migrations",
        "boots",
        "schema",
        "endpoints",
        "acceptance",
        "project_tests",
        "requirements",
    }
    assert {result.status for result in verdict.requirements.values()} == {"met"}
    assert verdict.acceptance_tests.passed > 150


@pytest.mark.docker
def test_the_empty_project_fails(docker_provider: SandboxProvider) -> None:
    verdict = judge({}, docker_provider)
    assert not verdict.passed
    statuses = {check.name: check.status for check in verdict.checks}
    assert statuses["migrations"] == "failed"
    assert statuses["project_tests"] == "failed"
    assert statuses["acceptance"] == "could_not_run"
    assert set(verdict.requirements) == set(verdict.unmet)


@pytest.mark.docker
def test_an_app_that_does_not_start_shows_its_log(docker_provider: SandboxProvider) -> None:
    files = encode(emit_backend(blueprint_of("bookshop")))
    files["app/main.py"] = b"raise RuntimeError('no such thing as a backend')\n"
    run = run_app(
        files, blueprint_of("bookshop"), docker_provider, "test-verify", Deadline.after(SECONDS)
    )
    boots = next(check for check in run.checks if check.name == "boots")
    assert boots.status == "failed"
    assert "no such thing as a backend" in boots.findings[0]


def test_machines_that_do_not_isolate_never_verify() -> None:
    verdict = judge({}, MemoryProvider())
    assert not verdict.passed
    assert verdict.checks[0].status == "could_not_run"


@pytest.fixture(scope="module")
def found(docker_provider: SandboxProvider) -> dict[str, TestOutcome]:
    """Acceptance tests that fail on a bookshop with all the faults."""
    return run_with(FAULTS, docker_provider)


def run_with(faults: tuple[Fault, ...], provider: SandboxProvider) -> dict[str, TestOutcome]:
    blueprint = blueprint_of("bookshop")
    files = encode(plant(emit_backend(blueprint), faults))
    run = run_app(files, blueprint, provider, "test-verify", Deadline.after(SECONDS))
    assert run.tests.tests, run.checks
    return {test.id: test for test in run.tests.tests if test.outcome != "passed"}


@pytest.mark.docker
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_found(fault: Fault, found: dict[str, TestOutcome]) -> None:
    assert found[fault.found_by].outcome == "failed"
    assert found[fault.found_by].message


@pytest.mark.docker
def test_a_race_is_found(docker_provider: SandboxProvider) -> None:
    assert set(run_with((RACE,), docker_provider)) == {RACE.found_by}
