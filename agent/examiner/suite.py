"""The independent tests as they are fixed: modules, and which of their tests count."""

import ast
import hashlib
import re
from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from tools.blueprint.model import Name, RequirementId, SpecLine

SHARED_FILE = "shared.py"
"""What the modules have in common, next to them."""
RETIRED = "retired_"
TestFunction = ast.FunctionDef | ast.AsyncFunctionDef


class SuitePart(BaseModel):
    """Base of the suite's parts: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ExamModule(SuitePart):
    """A pytest module that talks HTTP to `BASE_URL`."""

    name: Name
    code: str

    @property
    def path(self) -> str:
        """Its file, relative to the folder of the tests."""
        return f"test_{self.name}.py"


class ExamTest(SuitePart):
    """A test that counts, and what of the spec it follows from."""

    module: Name
    function: str
    requirements: tuple[RequirementId, ...] = ()
    lines: tuple[SpecLine, ...] = ()

    @property
    def id(self) -> str:
        """`independent[shows] test_title_is_unique`."""
        return f"independent[{self.module}] {self.function}"


class DroppedTest(SuitePart):
    """A test, or a whole module, that does not count."""

    id: str
    why: str


class ExamSuite(SuitePart):
    """All that the examiner wrote and that passed the checks."""

    shared: str = ""
    """Code of `shared.py`; "" when there is none."""
    modules: tuple[ExamModule, ...] = ()
    tests: tuple[ExamTest, ...] = ()
    dropped: tuple[DroppedTest, ...] = ()
    skipped: str = ""
    """Why no examiner was asked; "" when one was."""

    @property
    def files(self) -> dict[str, bytes]:
        """What pytest runs: path -> content."""
        shared = {SHARED_FILE: self.shared.encode()} if self.shared else {}
        return shared | {module.path: module.code.encode() for module in self.modules}

    @property
    def sha256(self) -> str:
        """Digest (hex) of the files and of the tests that count."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def module(self, name: str) -> ExamModule:
        """The module of that name. Raises KeyError when there is none."""
        return {module.name: module for module in self.modules}[name]

    def without(self, ids: Collection[str]) -> "ExamSuite":
        """The suite without these tests; a module that loses its last one goes too."""
        left = tuple(test for test in self.tests if test.id not in ids)
        gone: dict[str, list[str]] = {}
        for test in self.tests:
            if test.id in ids:
                gone.setdefault(test.module, []).append(test.function)
        names = {test.module for test in left}
        modules = tuple(
            module.model_copy(update={"code": retire_tests(module.code, gone[module.name])})
            if module.name in gone
            else module
            for module in self.modules
            if module.name in names
        )
        return self.model_copy(update={"modules": modules, "tests": left})


def retire_tests(code: str, functions: Collection[str]) -> str:
    """The module with these tests renamed, so that pytest does not collect them.

    Lines stay where they are, so that tracebacks of the others still fit.
    """
    lines = code.split("\n")
    for node in functions_of(code):
        if node.name in functions:
            line, name = lines[node.lineno - 1], node.name
            lines[node.lineno - 1] = re.sub(rf"\bdef\s+{name}\b", f"def {RETIRED}{name}", line)
    return "\n".join(lines)


def code_around(code: str, function: str) -> str:
    """The module without its other tests: what a judge has to read."""
    lines = code.split("\n")
    for node in functions_of(code):
        if node.name != function:
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            last = node.end_lineno or node.lineno
            lines[first - 1 : last] = [""] * (last - first + 1)
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def functions_of(code: str) -> list[TestFunction]:
    """The tests of a module that is Python, wherever they stand in it."""
    nodes = ast.walk(ast.parse(code))
    found = [node for node in nodes if isinstance(node, TestFunction)]
    return [node for node in found if node.name.startswith("test")]
