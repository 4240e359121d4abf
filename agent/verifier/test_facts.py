"""What each test of a project asserts, read from its source: names, assertions, skips."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.verifier.inventory import TestFunction, is_test_file

SKIPS = ("skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure", "importorskip")
ASSERTING = ("raises", "warns", "expect", "fail")


@dataclass(frozen=True)
class TestFacts:
    """One test."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    assertions: int
    """Assert statements, and calls that fail a test by themselves; constants are none."""
    skipped: bool
    """Whether it, or its class or file, may be skipped or is expected to fail."""


def read_facts(files: Mapping[str, bytes]) -> dict[str, TestFacts]:
    """`tests/test_a.py::TestB::test_c` -> its facts; files that do not parse are left out."""
    found: dict[str, TestFacts] = {}
    for path in sorted(files):
        if not is_test_file(path):
            continue
        try:
            tree = ast.parse(files[path])
        except (SyntaxError, ValueError):
            continue
        skipped = any(_skips(node) for node in tree.body if not isinstance(node, ast.ClassDef))
        for name, node, inherited in _tests(tree.body, "", skipped):
            found[f"{path}::{name}"] = TestFacts(_assertions(node), inherited or _is_skipped(node))
    return found


def _tests(
    body: list[ast.stmt], prefix: str, skipped: bool
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    for node in body:
        if isinstance(node, TestFunction) and node.name.startswith("test"):
            yield prefix + node.name, node, skipped
        elif isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}::", skipped or _marked(node))


def _assertions(node: ast.AST) -> int:
    return sum(_asserts(part) for part in ast.walk(node))


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        return name in ASSERTING or name.startswith(("assert_", "assert", "expect_"))
    return False


def _is_skipped(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return _marked(node) or any(_skips(part) for part in node.body)


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    texts = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(text.partition("(")[0].rpartition(".")[2] in SKIPS for text in texts)


def _skips(node: ast.stmt) -> bool:
    """`pytest.skip()` as a statement, or `pytestmark = pytest.mark.skip`."""
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
        return any(f"mark.{word}" in ast.unparse(node.value) for word in SKIPS)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func) in ("pytest.skip", "pytest.xfail", "self.skipTest")
    return False
