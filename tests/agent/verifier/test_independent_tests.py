"""Independent tests in a verdict: their passing is evidence, one that fails is a finding."""

import pytest

from agent.examiner.control import control_problems
from agent.examiner.suite import DroppedTest, ExamModule, ExamSuite, ExamTest
from agent.verifier.candidate import Candidate
from agent.verifier.empty_server import run_on_nothing
from agent.verifier.verdict import CheckResult, Verdict
from agent.verifier.verify import verify
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from tests.agent.verifier.test_free_form import APP, BLUEPRINT
from tools.blueprint.model import Requirement

SHARED = """
import os
import httpx2 as httpx

URL, KEY = os.environ["BASE_URL"], {"X-Key": os.environ["APP_KEY"]}

def keep(number, content, headers=KEY):
    return httpx.put(f"{URL}/notes/{number}", content=content, headers=headers)
"""
CODE = '''
import httpx2 as httpx
import pytest
from shared import URL, keep

@pytest.mark.parametrize("content", [b"x", b"\\x00"])
def test_bytes(content):
    """R3: they come back."""
    assert keep(7, content).status_code == 204
    assert httpx.get(f"{URL}/notes/7").content == content

def test_key():
    """R2, line 4: a wrong key changes nothing."""
    assert keep(8, b"right").status_code == 204
    assert keep(8, b"wrong", {"X-Key": "no"}).status_code == 401
    assert httpx.get(f"{URL}/notes/8").content == b"right"
'''
HOLLOW = '''
import httpx2 as httpx
from shared import URL

def test_missing():
    """R3: what was never kept is not there."""
    assert httpx.get(f"{URL}/notes/99").status_code == 404
'''
BROKEN = "import nowhere\n\ndef test_broken():\n    assert 0\n"
SUITE = ExamSuite(
    shared=SHARED,
    modules=(ExamModule(name="notes", code=CODE),),
    tests=(
        ExamTest(module="notes", function="test_bytes", requirements=("R3",)),
        ExamTest(module="notes", function="test_key", requirements=("R2",), lines=(4,)),
    ),
)
MORE = Requirement(id="R3", text="Bytes of any kind come back.", line=5)
ALONE = BLUEPRINT.model_copy(update={"requirements": (*BLUEPRINT.requirements, MORE)})


def judge(provider: SandboxProvider, app: str, suite: ExamSuite) -> Verdict:
    deadline = Deadline.after(600)
    files = {"app.py": app.encode()}
    return verify(Candidate(files, ALONE, provider, "test-exam", deadline, independent=suite))


def check_of(verdict: Verdict) -> CheckResult:
    return next(check for check in verdict.checks if check.name == "independent_tests")


@pytest.mark.docker
def test_they_are_evidence_for_what_they_cite(docker_provider: SandboxProvider) -> None:
    verdict = judge(docker_provider, APP, SUITE)
    assert verdict.passed, verdict.findings_text()
    assert check_of(verdict).detail == "3 of 3 tests passed"
    assert verdict.requirements["R3"].evidence == (
        "independent[notes] test_bytes[x]",
        "independent[notes] test_bytes[\\x00]",
    )
    assert "independent[notes] test_key" in verdict.requirements["R2"].evidence


@pytest.mark.docker
def test_one_that_fails_is_told_with_its_assertion(docker_provider: SandboxProvider) -> None:
    verdict = judge(docker_provider, APP.replace("await request.body()", 'b"x"'), SUITE)
    assert not verdict.passed
    assert check_of(verdict).status == "failed"
    assert verdict.requirements["R3"].status == "unmet"
    text = verdict.findings_text()
    assert "independent[notes] test_key (R2)" in text
    assert "test_notes.py:16: in test_key" in text
    assert "assert b'x' == b'right'" in text


@pytest.mark.docker
def test_the_control_names_what_proves_nothing(docker_provider: SandboxProvider) -> None:
    modules = (ExamModule(name="hollow", code=HOLLOW), ExamModule(name="broken", code=BROKEN))
    more = (
        ExamTest(module="hollow", function="test_missing"),
        ExamTest(module="broken", function="test_broken"),
    )
    suite = SUITE.model_copy(
        update={"modules": (*SUITE.modules, *modules), "tests": (*SUITE.tests, *more)}
    )
    candidate = Candidate({}, ALONE, docker_provider, "test-exam", Deadline.after(300))
    _, report = run_on_nothing(candidate, suite.files, test_timeout_s=60)
    problems = control_problems(suite, report)
    assert list(problems) == ["independent[hollow] test_missing", "independent[broken] test_broken"]
    assert "passes on a server" in problems["independent[hollow] test_missing"]
    assert "No module named 'nowhere'" in problems["independent[broken] test_broken"]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("suite", "why"),
    [
        (ExamSuite(skipped="the budget is small"), "the budget is small"),
        (ExamSuite(dropped=(DroppedTest(id="x", why="y"),)), "none of the tests that were written"),
    ],
)
def test_that_there_are_none_is_said_and_is_no_evidence(
    docker_provider: SandboxProvider, suite: ExamSuite, why: str
) -> None:
    verdict = judge(docker_provider, APP, suite)
    assert check_of(verdict).status == "not_applicable"
    assert why in check_of(verdict).detail
    assert verdict.requirements["R3"].status == "unmet"
