"""Exceptions whose text is sent to clients."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Definition, Project
from tools.checks.security.source.rules.base import found

BROAD = re.compile(r"Exception$|^BaseException$|Error$")
OWN = re.compile(
    r"Validation|Value|Key|JSONDecode|HTTP|Unicode|PyJWT|InvalidToken|Expired|Permission"
)
SENDERS = ("HTTPException", "JSONResponse", "PlainTextResponse", "HTMLResponse", "Response")


def leaked_exceptions(project: Project) -> Iterator[Finding]:
    """`str(exc)` of a broad exception, or a traceback, in an answer."""
    for definition in project.definitions():
        for node in ast.walk(definition.node):
            if isinstance(node, ast.ExceptHandler):
                yield from _handler(definition, node, project)
        yield from _app_handler(definition)


def _handler(
    definition: Definition, node: ast.ExceptHandler, project: Project
) -> Iterator[Finding]:
    names = ast.unparse(node.type) if node.type is not None else "BaseException"
    if any(name.strip("() ") in project.classes for name in names.split(",")):
        return
    if node.type is not None and (not BROAD.search(names.strip("()")) or OWN.search(names)):
        return
    for part in ast.walk(node):
        if _sends(part) and _shows(part, node.name):
            yield found(
                "error_leak", definition.file, part, f"the text of {names} is sent to clients"
            )
            return


def _app_handler(definition: Definition) -> Iterator[Finding]:
    """A handler of the app for Exception that answers with its text."""
    for decorator in definition.node.decorator_list:
        text = ast.unparse(decorator)
        if "exception_handler(Exception" not in text and "exception_handler(500" not in text:
            continue
        arguments = definition.node.args.args
        name = arguments[1].arg if len(arguments) > 1 else None
        for part in ast.walk(definition.node):
            if _sends(part) and _shows(part, name):
                yield found("error_leak", definition.file, part, "any exception's text is sent")
                return


def _sends(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).rpartition(".")[2] in SENDERS
    return isinstance(node, ast.Return) and node.value is not None


def _shows(node: ast.AST, name: str | None) -> bool:
    text = ast.unparse(node)
    if "format_exc()" in text or "format_exception(" in text or "print_exc" in text:
        return True
    if name is None:
        return False
    shown = rf"(str|repr)\({name}\)|\{{{name}(!\w)?\}}|{name}\.args|[(,=:] ?{name}[,)}}]"
    return bool(re.search(shown, text))
