"""Scores: what the hidden tests say, or None when nobody can know."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from evals.score import Score, score_backend
from sandbox.base import SandboxSpec, SandboxStartError
from sandbox.memory import MemorySandbox
from tests.evals.kit import IDS, RIGHT, Machines, junit, make_case


def score(folder: Path, files: Mapping[str, bytes], machines: Machines | None = None) -> Score:
    case = make_case(folder / "notes")
    return score_backend(case, files, machines or Machines(), "s1")


def outcomes(found: Score) -> dict[str, str]:
    return {test.id: test.outcome for test in found.tests.tests}


def test_all_pass(tmp_path: Path) -> None:
    found = score(tmp_path, RIGHT)
    assert (found.value, found.passed, found.reason) == (1.0, True, "")
    assert (found.functional_passed, found.secure_passed) == (True, True)
    assert outcomes(found) == dict.fromkeys(IDS, "passed")


@pytest.mark.parametrize(
    ("test", "functional", "secure"),
    [("test_refused", False, True), ("test_injection", True, False)],
)
def test_one_fails(tmp_path: Path, test: str, functional: bool, secure: bool) -> None:
    found = score(tmp_path, {"app.py": f"fail: {test}".encode()})
    assert found.value == pytest.approx(2 / 3)
    assert not found.passed
    assert (found.functional_passed, found.secure_passed) == (functional, secure)


def test_a_test_that_did_not_run_has_not_passed(tmp_path: Path) -> None:
    machines = Machines(lambda app: junit({IDS[0]: True, IDS[2]: True}))
    found = score(tmp_path, RIGHT, machines)
    assert found.value == pytest.approx(2 / 3)
    assert outcomes(found)[IDS[1]] == "error"
    assert not found.passed


def test_the_empty_project_fails(tmp_path: Path) -> None:
    found = score(tmp_path, {})
    assert (found.value, found.passed) == (0.0, False)
    assert "there is nothing to migrate" in found.reason
    assert outcomes(found) == dict.fromkeys(IDS, "error")


@pytest.mark.parametrize(
    ("report", "words"), [(None, "left no report within 300 s"), (b"<", "is not XML")]
)
def test_tests_that_say_nothing_are_no_pass(
    tmp_path: Path, report: bytes | None, words: str
) -> None:
    found = score(tmp_path, RIGHT, Machines(lambda app: report))
    assert (found.value, found.passed) == (0.0, False)
    assert words in found.reason


def test_a_database_that_does_not_start_is_nobodys_fault(tmp_path: Path) -> None:
    found = score(tmp_path, RIGHT, Machines(broken="start-postgres"))
    assert (found.value, found.passed) == (None, False)
    assert "PostgreSQL" in found.reason


def test_no_machine_no_score(tmp_path: Path) -> None:
    class NoMachines(Machines):
        def open(self, spec: SandboxSpec) -> MemorySandbox:
            raise SandboxStartError("no engine")

    found = score(tmp_path, RIGHT, NoMachines())
    assert (found.value, found.reason) == (None, "the machine failed: no engine")


def test_the_agents_machines_are_not_the_tests(tmp_path: Path) -> None:
    machines = Machines()
    score(tmp_path, RIGHT, machines)
    assert [(box.spec.role, box.spec.run_id, box.alive) for box in machines.opened] == [
        ("app", "s1", False),
        ("verifier", "s1", False),
    ]
    assert "user_tests/test_notes.py" not in machines.opened[0].files
