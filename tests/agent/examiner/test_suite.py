"""The tests that count, and how one is taken out without touching the others."""

import ast

from agent.examiner.suite import ExamModule, ExamSuite, ExamTest, code_around, retire_tests
from agent.examiner.withdrawn import without_withdrawn
from tests.agent.kit import BLUEPRINT
from tools.blueprint.model import WrittenTest

CODE = '''import pytest

def helper():
    return 1


@pytest.mark.parametrize("a", [1, 2])
def test_one(a):
    """R1: test_one is one."""
    assert helper() == a


class TestMore:
    def test_two(self):
        assert helper() == 2
'''
SUITE = ExamSuite(
    shared="x = 1\n",
    modules=(ExamModule(name="a", code=CODE), ExamModule(name="b", code="def test_b(): ...\n")),
    tests=(
        ExamTest(module="a", function="test_one", requirements=("R1",)),
        ExamTest(module="a", function="test_two"),
        ExamTest(module="b", function="test_b"),
    ),
)


def test_a_retired_test_is_not_collected_and_no_line_moves() -> None:
    retired = retire_tests(CODE, {"test_one"})
    assert retired == CODE.replace("def test_one(", "def retired_test_one(")
    assert "def retired_test_two(self)" in retire_tests(CODE, {"test_two"})


def test_without_a_test_the_others_stay_and_the_digest_changes() -> None:
    left = SUITE.without({"independent[a] test_one"})
    assert [test.id for test in left.tests] == ["independent[a] test_two", "independent[b] test_b"]
    assert list(left.files) == ["shared.py", "test_a.py", "test_b.py"]
    assert b"def retired_test_one" in left.files["test_a.py"]
    assert left.sha256 != SUITE.sha256
    assert SUITE.without(()) == SUITE


def test_a_module_goes_with_its_last_test() -> None:
    assert list(SUITE.without({"independent[b] test_b"}).files) == ["shared.py", "test_a.py"]


def test_a_judge_reads_one_test_and_what_it_uses() -> None:
    shown = code_around(CODE, "test_two")
    assert ast.parse(shown)
    assert "test_one" not in shown
    assert "parametrize" not in shown
    assert "def helper" in shown
    assert "def test_two" in shown


def test_a_withdrawn_scenario_or_written_test_leaves_the_oracle() -> None:
    written = WrittenTest(name="zip", code="def test_a(): ...\ndef test_b(): ...\n")
    frozen = BLUEPRINT.model_copy(update={"tests": (written,)})
    assert without_withdrawn(frozen, ()) is frozen
    left = without_withdrawn(frozen, {"scenario[ping]", "test[zip] test_a"})
    assert left.scenarios == ()
    assert left.tests[0].code == "def retired_test_a(): ...\ndef test_b(): ...\n"
    assert without_withdrawn(frozen, {"test[zip] test_a", "test[zip] test_b"}).tests == ()
