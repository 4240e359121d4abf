"""Written acceptance tests that could prove nothing are refused."""

import pytest

from tools.blueprint.check_tests import MAX_CODE_CHARS, check_test, listed_tests
from tools.blueprint.model import WrittenTest


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("def test_x(:\n", "code.py:1:12: invalid syntax"),
        ("x = 1\n", "it has no test"),
        ("def test_x(): ...\n" + "#" * MAX_CODE_CHARS, "it has 40018 characters"),
    ],
)
def test_what_is_wrong(code: str, problem: str) -> None:
    [found] = check_test(WrittenTest(name="zip", code=code))
    assert (found.where, found.what.split("\n")[0]) == ("test zip", problem)


def test_a_sound_one() -> None:
    code = "import httpx2\n\ndef test_a(): ...\n\nclass TestB:\n    def test_c(self): ...\n"
    assert list(check_test(WrittenTest(name="zip", code=code))) == []
    assert listed_tests(code) == ["test_a", "test_c"]
