"""Writes the import block of a generated file from the names that its code uses.

Templates hold code only. An unused or missing import cannot happen, and the order is ruff's.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tools.components.layout import MAX_WIDTH

Origins = Mapping[str, str]
"""Name as the code writes it -> the whole import statement that brings it in."""


def add_imports(source: str, origins: Origins) -> str:
    """`source` with the imports it needs after its module docstring, each name once."""
    tree = ast.parse(source)
    names = _used_names(tree) - _bound_names(tree)
    statements = [origins[name] for name in names if name in origins]
    if not statements:
        return source
    head, body = _split_docstring(source, tree)
    separator = "\n\n\n" if body.startswith(("class ", "def ", "async def ", "@")) else "\n\n"
    return f"{head}{_block(statements)}{separator}{body}"


def _used_names(tree: ast.Module) -> set[str]:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _bound_names(tree: ast.Module) -> set[str]:
    return set(_bindings(tree))


def _bindings(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
    attributes = set(map(id, _class_attributes(tree)))
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            if id(inner) not in attributes:
                yield inner.id
        elif isinstance(inner, ast.arg):
            yield inner.arg


def _class_attributes(tree: ast.Module) -> Iterator[ast.expr]:
    """Names that a class body assigns, which hide nothing outside it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign):
                    yield statement.target
                elif isinstance(statement, ast.Assign):
                    yield from statement.targets


def _split_docstring(source: str, tree: ast.Module) -> tuple[str, str]:
    if ast.get_docstring(tree) is None:
        return "", source.lstrip("\n")
    lines = source.splitlines(keepends=True)
    end = tree.body[0].end_lineno or 1
    return "".join(lines[:end]) + "\n", "".join(lines[end:]).lstrip("\n")


def _block(statements: Iterable[str]) -> str:
    plain: set[str] = set()
    members: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        if statement.startswith("import "):
            plain.add(statement)
        else:
            module, name = statement.removeprefix("from ").split(" import ")
            members[module].add(name)
    sections: dict[int, list[str]] = defaultdict(list)
    for statement in sorted(plain, key=str.lower):
        sections[_section(statement.split()[1])].append(statement)
    for module in sorted(members, key=str.lower):
        sections[_section(module)].append(_from_import(module, members[module]))
    return "\n\n".join("\n".join(sections[number]) for number in sorted(sections))


def _section(module: str) -> int:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return 0
    return 2 if top in {"app", "tests"} else 1


def _from_import(module: str, names: set[str]) -> str:
    # ruff gives `x as y` a statement of its own, after the plain members
    aliased = sorted(name for name in names if " as " in name)
    plain = sorted(names - set(aliased), key=_member_order)
    lines = [_members(module, plain)] if plain else []
    return "\n".join([*lines, *(f"from {module} import {name}" for name in aliased)])


def _members(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= MAX_WIDTH:
        return line
    inner = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{inner})"


def _member_order(name: str) -> tuple[int, str, str]:
    """Constants, classes, the rest: isort's `order-by-type`, which ruff follows."""
    if len(name) > 1 and name.isupper():
        return 0, name.lower(), name
    return (1 if name[0].isupper() else 2), name.lower(), name
