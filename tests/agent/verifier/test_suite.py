"""The suite's way to the verifier's machine, and its results back."""

import json
import re

import pytest

from agent.verifier.inventory import list_tests
from agent.verifier.suite import ResultsError, read_results, suite_files
from tests.tools.checks.library import LIBRARY
from tools.blueprint.model import Blueprint
from tools.checks.acceptance.case import Case
from tools.checks.acceptance.expected import expected_cases

EXPECTED = [Case(kind="a", subject="1", requirements=("R1",)), Case(kind="b", subject="2")]


def entry(case_id: str, outcome: str = "passed") -> dict[str, str]:
    return {"id": case_id, "outcome": outcome, "message": ""}


def test_the_suite_carries_the_frozen_blueprint_and_nothing_of_the_workspace() -> None:
    files = suite_files(LIBRARY)
    assert Blueprint.model_validate_json(files["blueprint.json"]) == LIBRARY
    assert "tools/checks/acceptance/test_access.py" in files
    assert all(path == "blueprint.json" or path.startswith("tools/") for path in files)
    assert not [path for path in files if path.startswith("tools/components")]


def test_every_kind_of_case_has_its_test_and_every_test_its_kind() -> None:
    files = suite_files(LIBRARY)
    functions = {test.rpartition("::")[2].removeprefix("test_") for test in list_tests(files)}
    source = "".join(
        files[path].decode() for path in files if path.startswith("tools/checks/acceptance/cases/")
    )
    assert {case.kind for case in expected_cases(LIBRARY)} <= functions
    assert not [name for name in functions if not re.search(rf'["`]{name}["`]', source)]


def test_results_follow_the_expected_cases() -> None:
    content = json.dumps([entry("b[2]", "failed"), entry("a[1]")]).encode()
    outcomes = read_results(content, EXPECTED)
    assert [(test.id, test.outcome) for test in outcomes] == [
        ("a[1]", "passed"),
        ("b[2]", "failed"),
    ]
    assert outcomes[0].requirements == ("R1",)


def test_a_case_without_result_is_not_passed() -> None:
    outcomes = read_results(json.dumps([entry("a[1]")]).encode(), EXPECTED)
    assert outcomes[1].outcome == "skipped"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read"),
        (b"{}", "cannot be read"),
        (json.dumps([entry("a[1]", "fine")]).encode(), "cannot be read"),
        (json.dumps([{**entry("a[1]"), "more": 1}]).encode(), "cannot be read"),
        (json.dumps([entry("a[1]"), entry("a[1]")]).encode(), "twice"),
        (json.dumps([entry("c[3]")]).encode(), r"unknown tests: c\[3\]"),
    ],
)
def test_anything_else_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ResultsError, match=reason):
        read_results(content, EXPECTED)
