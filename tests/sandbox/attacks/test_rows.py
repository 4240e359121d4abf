"""The registry names tests that exist, leaves no attack out, and the page tells its results."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.sandbox.attacks.outcomes import Finding, Outcome, judge
from tests.sandbox.attacks.page import BEGIN, END, PAGE, read_trials, render
from tests.sandbox.attacks.rows import NOTES, ROWS, Row

NAMES = sorted({name for row in ROWS for name in (*row.tests, *row.controls)})
PASSED = Outcome("a.py::test_a[docker-x]", "docker", "held")
CONTROL = Outcome("a.py::test_control", None, "held")
ROW = Row(1, "a", "d", ("a.py::test_a[x]",), ("a.py::test_control",))


def test_no_attack_is_left_out() -> None:
    assert {row.number for row in ROWS} | NOTES == set(range(1, 46))
    assert [row.number for row in ROWS] == sorted({row.number for row in ROWS})
    assert all(row.controls or row.no_control for row in ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_every_test_of_a_row_exists(name: str) -> None:
    path, _, function = name.partition("[")[0].partition("::")
    module = import_module("tests." + path.removesuffix(".py").replace("/", "."))
    assert callable(getattr(module, function))


@pytest.mark.parametrize(
    ("outcomes", "finding"),
    [
        ([PASSED, CONTROL], Finding("held")),
        ([PASSED], Finding("failed", "no test or no control ran")),
        ([CONTROL], Finding("failed", "no test or no control ran")),
        (
            [PASSED, CONTROL, Outcome("a.py::test_a[docker-xy]", "docker", "failed")],
            Finding("failed", "a.py::test_a[docker-xy]"),
        ),
        (
            [PASSED, CONTROL, Outcome("a.py::test_a[x2]", None, "not enforceable", "why")],
            Finding("not enforceable", "why"),
        ),
        ([PASSED, Outcome("a.py::test_control", None, "failed")], Finding("failed", CONTROL.test)),
        (
            [PASSED, CONTROL, Outcome("a.py::test_a[bubblewrap-x]", "bubblewrap", "failed")],
            Finding("held"),
        ),
    ],
)
def test_held_is_what_really_ran_and_passed(outcomes: list[Outcome], finding: Finding) -> None:
    assert judge(ROW, "docker", outcomes) == finding


def test_the_page_tells_the_last_results() -> None:
    trials = read_trials()
    assert set(trials) == {"docker", "bubblewrap as root", "bubblewrap as a user"}
    assert all(set(trial.findings) == {row.number for row in ROWS} for trial in trials.values())
    assert not any(trial.count()["failed"] for trial in trials.values())
    written = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written == render(trials)
    assert Path("Makefile").read_text(encoding="utf-8").count("tests.sandbox.attacks") == 1
