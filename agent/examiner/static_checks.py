"""What keeps an examiner's test from counting, as far as its text shows.

The code runs in the verifier's machine, never here. The checks keep it a black-box test that talks
HTTP; what they cannot see, that machine holds.
"""

import ast
import builtins
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from agent.examiner.suite import ExamModule, ExamTest, functions_of
from tools.blueprint.check_tests import MAX_CODE_CHARS
from tools.syntax import syntax_problem

IMPORTS = frozenset(
    {"base64", "binascii", "calendar", "collections", "concurrent", "contextlib", "copy", "csv"}
    | {"dataclasses", "datetime", "decimal", "email", "fractions", "functools", "gzip", "hashlib"}
    | {"hmac", "html", "http", "httpx2", "io", "itertools", "json", "math", "os", "pytest", "re"}
    | {"random", "secrets", "shared", "statistics", "string", "struct", "textwrap", "threading"}
    | {"time", "types", "typing", "unicodedata", "urllib", "uuid", "xml", "zipfile", "zlib"}
    | {"zoneinfo"}
)
"""Packages that a test may import: nothing that reads files, starts processes or opens sockets."""
OF_OS = frozenset({"environ", "getenv"})
FORBIDDEN = frozenset({"__import__", "breakpoint", "compile", "eval", "exec", "open"})
SKIPS = frozenset({"skip", "skipif", "skipped", "xfail", "importorskip", "exit"})
HEAD = re.compile(r"((R\d+|lines? \d+(-\d+)?)[ ,;]*(and )?)+:")
"""How a docstring begins: `R3, R7, line 12: ...`."""
REQUIREMENT = re.compile(r"R\d+")
LINES = re.compile(r"lines? (\d+)(?:-(\d+))?")
MAX_TESTS = 80
MAX_RANGE = 100
"""Lines that one citation may span."""


@dataclass(frozen=True)
class Citable:
    """What there is to cite."""

    requirements: frozenset[str]
    last_line: int


def module_problem(module: ExamModule) -> str:
    """Why no test of the module can count; "" for no reason."""
    if len(module.code) > MAX_CODE_CHARS:
        return f"it has {len(module.code)} characters; at most {MAX_CODE_CHARS}"
    return code_problem(module.code)


def code_problem(code: str) -> str:
    """What is wrong with a module or with what modules share; "" for nothing."""
    if wrong := syntax_problem("code.py", code):
        return wrong
    return next(_forbidden(ast.parse(code)), "")


def read_tests(module: ExamModule, citable: Citable) -> Iterator[tuple[ExamTest, str]]:
    """Each test of a module that is Python, and why it cannot count, "" for no reason."""
    seen: set[str] = set()
    for node in functions_of(module.code):
        head = (ast.get_docstring(node) or "").split("\n", 1)[0]
        test = _cited(module, node.name, head)
        plain = isinstance(node, ast.FunctionDef) and node.col_offset == 0
        yield test, _test_problem(test, citable, plain=plain, twice=node.name in seen)
        seen.add(node.name)


def _test_problem(test: ExamTest, citable: Citable, *, plain: bool, twice: bool) -> str:
    if not plain:
        return "write it as a plain function of the module: no class, not async, not nested"
    if twice:
        return "another test of the module has the same name"
    if not test.requirements and not test.lines:
        return 'its docstring must begin with what it follows from, such as "R3, line 12: "'
    if unknown := sorted(set(test.requirements) - citable.requirements):
        return f"it cites {', '.join(unknown)}, which does not exist"
    if beyond := [line for line in test.lines if line > citable.last_line]:
        return f"it cites line {beyond[0]}; the spec has {citable.last_line} lines"
    return ""


def _cited(module: ExamModule, function: str, head: str) -> ExamTest:
    match = HEAD.match(head)
    said = match[0] if match else ""
    lines = [line for first, last in LINES.findall(said) for line in _between(first, last)]
    return ExamTest.model_construct(
        module=module.name,
        function=function,
        requirements=tuple(dict.fromkeys(REQUIREMENT.findall(said))),
        lines=tuple(dict.fromkeys(lines)),
    )


def _between(first: str, last: str) -> range:
    """The lines of `12` or `12-14`; a long range is cut."""
    start = max(1, int(first))
    return range(start, min(int(last or first), start + MAX_RANGE) + 1)


def _forbidden(tree: ast.Module) -> Iterator[str]:
    """What the module does that a black-box test must not do."""
    known = _bound_names(tree) | set(dir(builtins)) | {"__name__", "__file__"}
    for node in ast.walk(tree):
        yield from _imports(node)
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name not in OF_OS:
                yield f"line {node.lineno}: os.{name} is not allowed, only os.environ"
            case ast.Attribute(value=ast.Name(id="pytest" | "mark"), attr=name) if name in SKIPS:
                yield f"line {node.lineno}: {name} is not allowed: a test passes or fails"
            case ast.Attribute(value=ast.Attribute(attr="mark"), attr=name) if name in SKIPS:
                yield f"line {node.lineno}: {name} is not allowed: a test passes or fails"
            case ast.Name(id=name) if name in FORBIDDEN:
                yield f"line {node.lineno}: {name} is not allowed"
            case ast.Name(id=name, ctx=ast.Load()) if name not in known:
                yield f"line {node.lineno}: {name} is not defined"
            case _:
                pass


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or "." * node.level]
        if node.module == "os" and not {alias.name for alias in node.names} <= OF_OS:
            yield f"line {node.lineno}: of os only environ may be imported"
    else:
        return
    for name in modules:
        if name.partition(".")[0] not in IMPORTS:
            yield f"line {node.lineno}: {name} may not be imported; there are {_listed(IMPORTS)}"


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _bound_names(tree: ast.Module) -> set[str]:
    """Every name that the module binds anywhere."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.arg(arg=name) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
            case _:
                pass
    return names
