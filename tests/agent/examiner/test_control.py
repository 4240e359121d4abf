"""What a run on a server that has nothing says of the examiner's tests."""

import pytest

from agent.examiner.control import control_problems
from agent.examiner.suite import ExamModule, ExamSuite, ExamTest
from agent.verifier.verdict import TestOutcome, TestReport, TestStatus

SUITE = ExamSuite(
    modules=(ExamModule(name="a", code="def test_a(): ...\n"),),
    tests=(ExamTest(module="a", function="test_a", requirements=("R1",)),),
)


def said(*outcomes: tuple[str, TestStatus, str]) -> dict[str, str]:
    tests = tuple(
        TestOutcome(id=f"user: {name}", outcome=outcome, message=message)
        for name, outcome, message in outcomes
    )
    return control_problems(SUITE, TestReport.of(tests))


def test_a_test_that_fails_counts() -> None:
    assert said(("test_a.py::test_a", "failed", "E assert 404 == 200")) == {}
    assert said(("test_a.py::test_a", "error", "E KeyError: 'id'")) == {}
    assert (
        said(("test_a.py::test_a[1]", "failed", ""), ("test_a.py::test_a[2]", "failed", "")) == {}
    )


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([("test_a.py::test_a", "passed", "")], "answers every request with 404"),
        (
            [("test_a.py::test_a[1]", "failed", ""), ("test_a.py::test_a[2]", "passed", "")],
            "answers every request with 404",
        ),
        ([("test_a.py::test_a", "skipped", "later")], "it is skipped"),
        ([("test_a.py", "error", "E ImportError: no x")], "does not run it: E ImportError: no x"),
        ([], "pytest does not run it"),
        (
            [("test_a.py::test_a", "error", "f.py:1\nE       fixture 'api' not found\n> avail")],
            "fixture 'api' not found",
        ),
    ],
)
def test_any_other_proves_nothing(outcomes: list[tuple[str, TestStatus, str]], words: str) -> None:
    [(name, problem)] = said(*outcomes).items()
    assert name == "independent[a] test_a"
    assert problem.endswith(words) or words in problem
