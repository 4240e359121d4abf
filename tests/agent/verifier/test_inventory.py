"""Which tests a project has, from its source."""

import pytest

from agent.verifier.inventory import InventoryError, list_tests, without_parameters

SOURCE = b"""
import unittest
import pytest

def test_a(): ...
async def test_b(): ...
def helper(): ...

@pytest.mark.parametrize("x", [1, 2])
def test_c(x): ...

if True:
    def test_d(): ...

class TestE:
    def test_f(self): ...
    def check(self): ...

class TestG(TestE):
    def test_h(self): ...

class TestWithConstructor:
    def __init__(self): ...
    def test_no(self): ...

class TestLeftOut:
    __test__ = False
    def test_no(self): ...

class Case(unittest.TestCase):
    def test_i(self): ...
"""


def test_follows_pytest() -> None:
    assert list_tests({"tests/test_x.py": SOURCE, "app/main.py": b"def test_no(): ..."}) == {
        "tests/test_x.py::test_a",
        "tests/test_x.py::test_b",
        "tests/test_x.py::test_c",
        "tests/test_x.py::test_d",
        "tests/test_x.py::TestE::test_f",
        "tests/test_x.py::TestG::test_f",
        "tests/test_x.py::TestG::test_h",
        "tests/test_x.py::Case::test_i",
    }


def test_inherits_from_other_files() -> None:
    files = {
        "tests/base.py": b"class Crud:\n    def test_get(self): ...\n",
        "tests/books_test.py": b"from tests.base import Crud\nclass TestBooks(Crud): ...\n",
    }
    assert list_tests(files) == {"tests/books_test.py::TestBooks::test_get"}


@pytest.mark.parametrize("content", [b"def test_a(:", b"\x00", b"\xff\xfe"])
def test_unreadable_tests_are_an_error(content: bytes) -> None:
    with pytest.raises(InventoryError, match=r"tests/test_x\.py is not Python"):
        list_tests({"tests/test_x.py": content})


@pytest.mark.parametrize(
    ("test_id", "expected"),
    [("a.py::test_b[1-[x]]", "a.py::test_b"), ("a.py::T::test_b", "a.py::T::test_b")],
)
def test_without_parameters(test_id: str, expected: str) -> None:
    assert without_parameters(test_id) == expected
