"""Whatever keys a client sends are written to an object or a row."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Definition, Project
from tools.checks.security.source.routes import find_routes
from tools.checks.security.source.rules.base import found

BODY_TYPES = re.compile(r"\bdict\b|\bDict\b|\bMapping\b|^Any$")


def open_assignment(project: Project) -> Iterator[Finding]:
    """A body that is a plain dict, spread over an object."""
    for route in find_routes(project):
        bodies = _plain_bodies(route.handler)
        for node in ast.walk(route.handler.node):
            why = _spreads(node, bodies)
            if why:
                yield found("mass_assignment", route.handler.file, node, why)


def _plain_bodies(definition: Definition) -> set[str]:
    names = set()
    for arg in definition.node.args.args + definition.node.args.kwonlyargs:
        if arg.annotation is None or "Depends" in ast.unparse(arg.annotation):
            continue
        if BODY_TYPES.search(ast.unparse(arg.annotation)):
            names.add(arg.arg)
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Assign) and re.search(
            r"request\.(json|form)\(", ast.unparse(node.value)
        ):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _spreads(node: ast.AST, bodies: set[str]) -> str | None:
    if isinstance(node, ast.For):
        source = ast.unparse(node.iter)
        loops = any(source.startswith(f"{name}.items(") for name in bodies)
        filtered = any(
            isinstance(part, ast.If) and " in " in ast.unparse(part.test) for part in node.body
        )
        if loops and not filtered and "setattr(" in ast.unparse(node):
            return "every key of the body is set on the object"
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        spread = [ast.unparse(word.value) for word in node.keywords if word.arg is None]
        if any(item in bodies for item in spread) and name.rpartition(".")[2][:1].isupper():
            return f"{name} is made from whatever keys the body has"
        if name.endswith(".update") and node.args and ast.unparse(node.args[0]) in bodies:
            return f"{name.removesuffix('.update')} takes whatever keys the body has"
    return None
