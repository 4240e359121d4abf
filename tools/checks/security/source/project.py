"""An app's Python files, parsed: what each name stands for, and where functions and classes are."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

Function = ast.FunctionDef | ast.AsyncFunctionDef
NOT_THE_APP = frozenset({"tests", "test", "alembic", "migrations", "node_modules", ".venv", "venv"})


@dataclass
class SourceFile:
    """One parsed file."""

    path: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    """Local name -> dotted name that it stands for."""
    constants: dict[str, ast.expr] = field(default_factory=dict)
    """Names assigned once at the top of the file."""

    @property
    def module(self) -> str:
        """Dotted name by which the app imports it, from its root."""
        parts = PurePosixPath(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass
class Definition:
    """A function or method, and the file it is in."""

    file: SourceFile
    node: Function
    owner: str | None = None
    """Its class."""


class Project:
    """All files of an app that can be read; others are named in `unreadable`."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files: list[SourceFile] = []
        self.unreadable: dict[str, str] = {}
        self.functions: dict[str, list[Definition]] = {}
        self.classes: dict[str, tuple[SourceFile, ast.ClassDef]] = {}
        for path in sorted(files):
            if path.endswith(".py") and not is_test(path):
                self._read(path, files[path])

    def _read(self, path: str, content: bytes) -> None:
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError) as error:
            self.unreadable[path] = str(error)
            return
        source = SourceFile(path, tree)
        self.files.append(source)
        for node in ast.walk(tree):
            _note_import(source, node)
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, (source, node))
        for node, owner in _functions(tree):
            self.functions.setdefault(node.name, []).append(Definition(source, node, owner))
        _note_constants(source)

    def calls(self) -> Iterator[tuple[SourceFile, ast.Call, str]]:
        """Every call, with the dotted name of what is called."""
        for file in self.files:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Call):
                    yield file, node, dotted(node.func, file)

    def definitions(self) -> Iterator[Definition]:
        """Every function and method."""
        for found in self.functions.values():
            yield from found

    def find(self, name: str, file: SourceFile) -> Definition | None:
        """The function that a dotted name means, first of the same file; None if not the app's."""
        last = name.rpartition(".")[2]
        candidates = self.functions.get(last, [])
        for found in candidates:
            if found.file is file:
                return found
        imported = {origin.rpartition(".")[2] for origin in file.imports.values()}
        known = last in imported or name.split(".", maxsplit=1)[0] in file.imports or "." in name
        return candidates[0] if len(candidates) == 1 and known else None


def is_test(path: str) -> bool:
    """Whether the file is about testing or migrating the app, not the app itself."""
    parts = PurePosixPath(path).parts
    name = parts[-1]
    return (
        bool(NOT_THE_APP & set(parts[:-1]))
        or name.startswith("test_")
        or name.endswith("_test.py")
        or name == "conftest.py"
    )


def dotted(node: ast.AST, file: SourceFile) -> str:
    """`httpx.get` for `client.get` imported so; an unknown base keeps its local name."""
    if isinstance(node, ast.Name):
        return file.imports.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, file)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func, file)}()"
    if isinstance(node, ast.Subscript):
        return f"{dotted(node.value, file)}[]"
    return ""


def argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    """The argument at a position or of a name, if the call gives it."""
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    if position < len(call.args):
        return call.args[position]
    return None


def literal(node: ast.AST | None) -> object:
    """The value of a constant expression; None for all others."""
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _note_import(source: SourceFile, node: ast.AST) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            source.imports[local] = alias.name if alias.asname else local
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            source.imports[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"


def _note_constants(source: SourceFile) -> None:
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(target, ast.Name):
            source.constants[target.id] = value


def _functions(tree: ast.Module) -> Iterator[tuple[Function, str | None]]:
    owners: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            owners.update({id(part): node.name for part in node.body})
        if isinstance(node, Function):
            yield node, owners.get(id(node))
