"""Which tests a project has, read from its files without running them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import PurePosixPath

TestFunction = ast.FunctionDef | ast.AsyncFunctionDef
BRANCHES = (ast.If, ast.Try, ast.With)


class InventoryError(ValueError):
    """A test file cannot be read; says which and why."""


def list_tests(files: Mapping[str, bytes]) -> frozenset[str]:
    """The tests that pytest must run, as `tests/test_a.py::TestB::test_c`, without parameters.

    Follows pytest's defaults: `test_*.py` and `*_test.py`; functions `test*`; methods `test*` of
    classes `Test*` without a constructor and of `unittest` classes, inherited ones too.

    Raises:
        InventoryError: a test file that is not Python.
    """
    trees = {path: _parse(path, files[path]) for path in sorted(files) if is_python(path)}
    classes = {
        node.name: node
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    return frozenset(
        f"{path}::{name}"
        for path, tree in trees.items()
        if is_test_file(path)
        for name in _tests_in(tree.body, classes)
    )


def is_python(path: str) -> bool:
    """Whether the file can hold tests or what they inherit from."""
    return path.endswith(".py")


def is_test_file(path: str) -> bool:
    """Whether pytest looks for tests in it."""
    name = PurePosixPath(path).name
    return fnmatch(name, "test_*.py") or fnmatch(name, "*_test.py")


def without_parameters(test_id: str) -> str:
    """The id as the inventory has it: `test_a[1-x]` is `test_a`."""
    return test_id.partition("[")[0]


def _parse(path: str, content: bytes) -> ast.Module:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError) as error:
        raise InventoryError(f"{path} is not Python: {error}") from error


def _tests_in(body: Iterable[ast.stmt], classes: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    for node in _statements(body):
        if isinstance(node, TestFunction) and node.name.startswith("test"):
            yield node.name
        elif isinstance(node, ast.ClassDef) and _is_test_class(node, classes):
            for name in dict.fromkeys(_tests_of(node, classes)):
                yield f"{node.name}::{name}"


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements at this level, those of conditional blocks too."""
    for node in body:
        yield node
        if isinstance(node, BRANCHES):
            yield from _statements(node.body)
            yield from _statements(getattr(node, "orelse", []))


def _tests_of(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    """Tests of a class, its bases' too."""
    yield from _tests_in(node.body, classes)
    for base in _bases(node, classes):
        yield from _tests_of(base, classes)


def _is_test_class(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> bool:
    if _is_unittest(node, classes):
        return True
    return node.name.startswith("Test") and not _is_left_out(node)


def _is_unittest(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> bool:
    names = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    if names & {"TestCase", "IsolatedAsyncioTestCase"}:
        return True
    return any(_is_unittest(base, classes) for base in _bases(node, classes))


def _is_left_out(node: ast.ClassDef) -> bool:
    """Classes that pytest does not collect: with a constructor, or `__test__ = False`."""
    for part in node.body:
        if isinstance(part, TestFunction) and part.name in ("__init__", "__new__"):
            return True
        if isinstance(part, ast.Assign) and ast.unparse(part) == "__test__ = False":
            return True
    return False


def _bases(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    for base in node.bases:
        found = classes.get(ast.unparse(base).rpartition(".")[2])
        if found is not None and found is not node:
            yield found
