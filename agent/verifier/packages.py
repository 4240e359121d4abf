"""Whether a backend imports only what its spec lets it import."""

import ast
import sys
from collections.abc import Iterator, Mapping

from agent.verifier.inventory import is_python, is_test_file
from agent.verifier.verdict import CheckResult

NAME = "packages"
MODULES: dict[str, tuple[str, ...]] = {
    "argon2-cffi": ("argon2",),
    "fastapi": ("fastapi", "starlette"),
    "markdown": ("markdown",),
    "pillow": ("PIL",),
    "pydantic": ("pydantic", "pydantic_core"),
    "pyjwt": ("jwt",),
    "python-multipart": ("multipart", "python_multipart"),
    "pyyaml": ("yaml",),
}
"""Package -> its modules, where they are not the package's name."""


def check_packages(files: Mapping[str, bytes], allowed: tuple[str, ...] | None) -> CheckResult:
    """Compare the imports of all files but tests with the allowed packages (None: no limit)."""
    if allowed is None:
        return CheckResult(name=NAME, status="not_applicable", detail="the spec sets no limit")
    own = {path.partition("/")[0].removesuffix(".py") for path in files}
    known = {*sys.stdlib_module_names, *own, *_modules(allowed)}
    findings = tuple(
        f"{path}:{line}: {module} is not among what the spec allows"
        for path in sorted(files)
        if is_python(path) and not is_test_file(path)
        for module, line in _imports(files[path])
        if module not in known
    )
    listed = ", ".join(allowed) or "none"
    return CheckResult(
        name=NAME,
        status="failed" if findings else "passed",
        detail=f"besides the standard library: {listed}",
        findings=findings,
    )


def _modules(allowed: tuple[str, ...]) -> Iterator[str]:
    for package in allowed:
        name = package.lower().partition("[")[0]
        yield from MODULES.get(name, (name.replace("-", "_"),))


def _imports(content: bytes) -> Iterator[tuple[str, int]]:
    """Top-level module and line of each absolute import; a file that is no Python has none."""
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0], node.lineno
