"""The routes of an app as its source declares them, and what of a request each one reads."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tools.checks.security.source.project import Definition, Project, dotted, literal

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route"})
BodyForm = Literal["none", "json", "form", "raw"]


@dataclass
class Reads:
    """What a handler takes out of a `Request` by itself, where no schema says so."""

    body: BodyForm = "none"
    keys: list[str] = field(default_factory=list)
    """Of the body."""
    query: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)


@dataclass
class Route:
    """A handler and how it is reached; `path` lacks the prefixes of routers."""

    method: str
    path: str
    handler: Definition
    decorator: ast.Call
    reads: Reads

    @property
    def returns_html(self) -> bool:
        """Whether a returned string is sent as HTML."""
        for keyword in self.decorator.keywords:
            if keyword.arg == "response_class":
                return dotted(keyword.value, self.handler.file).endswith("HTMLResponse")
        return False


def find_routes(project: Project) -> list[Route]:
    """Every function decorated as `@router.METHOD(path)`."""
    return [
        route
        for definition in project.definitions()
        for decorator in definition.node.decorator_list
        for route in _route(definition, decorator)
    ]


def _route(definition: Definition, decorator: ast.expr) -> Iterator[Route]:
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return
    method = decorator.func.attr
    if method not in METHODS:
        return
    path = literal(decorator.args[0]) if decorator.args else None
    yield Route(method.upper(), str(path or ""), definition, decorator, _reads(definition))


def _reads(definition: Definition) -> Reads:
    """Follows names like `data = await request.json()` one step."""
    reads = Reads()
    request = _request_name(definition)
    if request is None:
        return reads
    bodies: set[str] = set()
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Assign) and (form := _body_form(node.value, request)):
            reads.body = form
            bodies |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Call) and (form := _body_form(node, request)):
            reads.body = reads.body if reads.body != "none" else form
    for node in ast.walk(definition.node):
        _note_read(reads, node, request, bodies)
    return reads


def _request_name(definition: Definition) -> str | None:
    for arg in definition.node.args.args + definition.node.args.kwonlyargs:
        if arg.annotation is not None and ast.unparse(arg.annotation).endswith("Request"):
            return arg.arg
    return None


def _body_form(node: ast.expr, request: str) -> BodyForm | None:
    text = ast.unparse(node)
    if f"{request}.json()" in text:
        return "json"
    if f"{request}.form(" in text:
        return "form"
    if f"{request}.body()" in text or f"{request}.stream()" in text:
        return "json" if "json.loads" in text else "raw"
    return None


def _note_read(reads: Reads, node: ast.AST, request: str, bodies: set[str]) -> None:
    key = _key_of(node)
    if key is None:
        return
    base, name = key
    places = {
        f"{request}.query_params": reads.query,
        f"{request}.headers": reads.headers,
        f"{request}.cookies": reads.cookies,
    }
    if base in places:
        target = places[base]
    elif base in bodies or "await " in base:
        target = reads.keys
    else:
        return
    if name not in target:
        target.append(name)


def _key_of(node: ast.AST) -> tuple[str, str] | None:
    """`data["x"]` or `data.get("x")` as (data, x)."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        key, base = node.slice.value, node.value
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "getlist", "pop")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        key, base = node.args[0].value, node.func.value
    else:
        return None
    return (ast.unparse(base).strip("()"), key) if isinstance(key, str) else None
