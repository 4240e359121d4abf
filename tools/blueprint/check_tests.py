"""Whether a written acceptance test can prove anything: it is Python and holds tests."""

import ast
from collections.abc import Iterator

from tools.blueprint.model import WrittenTest
from tools.blueprint.problem import Problem
from tools.syntax import syntax_problem

MAX_CODE_CHARS = 40_000


def check_test(test: WrittenTest) -> Iterator[Problem]:
    """What is wrong with it."""
    where = f"test {test.name}"
    if len(test.code) > MAX_CODE_CHARS:
        yield Problem(
            where, f"it has {len(test.code)} characters", "One file holds one concern",
            f"split it: at most {MAX_CODE_CHARS} each", test.line,
        )  # fmt: skip
    elif wrong := syntax_problem("code.py", test.code):
        yield Problem(where, wrong, "It cannot run", "mend the code", test.line)
    elif not listed_tests(test.code):
        yield Problem(
            where, "it has no test", "It would prove nothing",
            "add functions `def test_...():`", test.line,
        )  # fmt: skip


def listed_tests(code: str) -> list[str]:
    """Names of the tests in a module; [] when it is not Python."""
    if syntax_problem("code.py", code):
        return []
    return [
        node.name
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]
