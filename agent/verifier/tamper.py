"""Ways in which a project could make failing tests look passed, found in its source."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from agent.verifier.inventory import is_python

HARMLESS_HOOKS = frozenset(
    {"pytest_addoption", "pytest_generate_tests", "pytest_make_parametrize_id"}
)
"""Hooks of pytest that change no outcome; every other is a finding."""
SHADOWS = frozenset({"pytest.py", "pytest", "_pytest", "sitecustomize.py", "usercustomize.py"})
"""Names at the project's root by which Python or `python -m pytest` would run something else."""


def find_tampering(files: Mapping[str, bytes]) -> list[str]:
    """One finding a place, in the order of paths; files that do not parse are left to others."""
    found = []
    for path in sorted(files):
        root = PurePosixPath(path).parts[0]
        if root in SHADOWS:
            found.append(f"{path}: {root!r} at the root replaces what runs the tests")
        elif is_python(path):
            found += [f"{path}:{line}: {what}" for line, what in _find_in(files[path])]
    return found


def _find_in(content: bytes) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("pytest_") and node.name not in HARMLESS_HOOKS:
                yield node.lineno, f"the hook {node.name} can change outcomes; use a fixture"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, what) for what in _imported(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("os._exit", "_exit"):
            yield node.lineno, "os._exit ends the test run before it can report"


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    for name in [module, *(alias.name for alias in node.names)]:
        if name.partition(".")[0] == "_pytest":
            yield f"{name} is the inside of the test runner"
