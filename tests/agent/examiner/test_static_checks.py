"""What the text of an examiner's test shows: citations, imports, form."""

import pytest

from agent.examiner.static_checks import Citable, code_problem, module_problem, read_tests
from agent.examiner.suite import ExamModule
from tools.blueprint.check_tests import MAX_CODE_CHARS

CITABLE = Citable(frozenset({"R1", "R2"}), last_line=20)
HEAD = 'import os\nimport httpx2 as httpx\nBASE = os.environ["BASE_URL"]\n'


def read(code: str) -> dict[str, str]:
    found = read_tests(ExamModule(name="a", code=code), CITABLE)
    return {test.function: problem for test, problem in found}


@pytest.mark.parametrize(
    ("doc", "requirements", "lines"),
    [
        ("R1: it works", ("R1",), ()),
        ("R1, R2, line 7: it works", ("R1", "R2"), (7,)),
        ("line 3-5: it works", (), (3, 4, 5)),
        ("R2 and lines 8-9: it works (see R1)", ("R2",), (8, 9)),
        ("R1 R1: it works", ("R1",), ()),
    ],
)
def test_a_docstring_cites_requirements_and_lines(
    doc: str, requirements: tuple[str, ...], lines: tuple[int, ...]
) -> None:
    module = ExamModule(name="a", code=f'def test_a():\n    """{doc}"""\n    assert 0\n')
    [(test, problem)] = read_tests(module, CITABLE)
    assert (test.requirements, test.lines, problem) == (requirements, lines, "")
    assert test.id == "independent[a] test_a"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def test_a():\n    assert 0\n", "docstring must begin"),
        ('def test_a():\n    """It works, R1."""\n', "docstring must begin"),
        ('def test_a():\n    """R3: it works"""\n', "cites R3, which does not exist"),
        ('def test_a():\n    """line 21: it works"""\n', "line 21; the spec has 20 lines"),
        ('def test_a():\n    """lines 1-9999999999: it works"""\n', "the spec has 20 lines"),
        ('async def test_a():\n    """R1: it works"""\n', "plain function"),
        ('class TestA:\n    def test_a(self):\n        """R1: it works"""\n', "plain function"),
    ],
)
def test_a_test_that_cites_nothing_or_has_another_form_cannot_count(code: str, words: str) -> None:
    assert words in read(code)["test_a"]


def test_of_two_tests_with_one_name_neither_counts() -> None:
    one = 'def test_a():\n    """R1: it works"""\n'
    problems = [problem for _, problem in read_tests(ExamModule(name="a", code=one * 2), CITABLE)]
    assert problems == ["", "another test of the module has the same name"]


@pytest.mark.parametrize(
    "code",
    [
        HEAD,
        "from shared import client\nfrom concurrent.futures import ThreadPoolExecutor\n",
        "import xml.etree.ElementTree as ET\nET.fromstring('<a/>')\n",
        "def f(x, *rest, **more):\n    return [y for y in rest if (z := y) and z], x, more\n",
        "try:\n    pass\nexcept ValueError as error:\n    print(error, __name__)\n",
        "match [1]:\n    case [first, *others]:\n        print(first, others)\n",
        "from os import environ\n"
        'import pytest\n@pytest.mark.parametrize("a", [1])\ndef f(a):\n  ...\n',
    ],
)
def test_ordinary_code_is_let_through(code: str) -> None:
    assert code_problem(code) == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def f(:\n", "code.py:1:7: invalid syntax"),
        ("import subprocess\n", "subprocess may not be imported"),
        ("from app.main import app\n", "app.main may not be imported"),
        ("from . import other\n", "may not be imported"),
        ("import socket as s\n", "socket may not be imported"),
        ("from os import system\n", "of os only environ"),
        ("import os\nos.system('ls')\n", "line 2: os.system is not allowed"),
        ("open('/etc/passwd')\n", "open is not allowed"),
        ("__import__('subprocess')\n", "__import__ is not allowed"),
        ("import pytest\npytest.skip('no')\n", "skip is not allowed"),
        ("import pytest\n@pytest.mark.xfail\ndef test_a(): ...\n", "xfail is not allowed"),
        ("def test_a():\n    assert clinet\n", "line 2: clinet is not defined"),
    ],
)
def test_other_code_is_named_with_its_line(code: str, words: str) -> None:
    assert words in code_problem(code)


def test_a_module_has_a_largest_size() -> None:
    long = "#" * (MAX_CODE_CHARS + 1)
    assert "at most 40000" in module_problem(ExamModule(name="a", code=long))
