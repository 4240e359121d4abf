"""How the app is set up: origins, debug mode, cookies, certificates."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Project, argument, literal
from tools.checks.security.source.rules.base import found

SESSION_COOKIE = re.compile(r"sess|sid|auth|token|jwt|login|user", re.IGNORECASE)


def any_origin(project: Project) -> Iterator[Finding]:
    """Wildcards together with credentials."""
    for file, call, name in project.calls():
        middleware = argument(call, 0, "middleware_class")
        text = ast.unparse(middleware) if middleware is not None else ""
        if "CORSMiddleware" not in text and not name.endswith("CORSMiddleware"):
            continue
        words = {word.arg: word.value for word in call.keywords}
        origins = literal(words.get("allow_origins"))
        pattern = literal(words.get("allow_origin_regex"))
        everybody = isinstance(origins, list | tuple) and "*" in origins
        everybody |= isinstance(pattern, str) and pattern in (
            ".*",
            "https?://.*",
            "^.*$",
            r"https?://.+",
        )
        if everybody and literal(words.get("allow_credentials")) is True:
            yield found("cors", file, call, "every origin is allowed, with credentials")


def debug_mode(project: Project) -> Iterator[Finding]:
    """FastAPI(debug=True) shows tracebacks to clients."""
    for file, call, name in project.calls():
        if name.rpartition(".")[2] in ("FastAPI", "Starlette") and literal(
            argument(call, 99, "debug")
        ):
            yield found("error_leak", file, call, "debug mode shows tracebacks to clients")


def open_cookies(project: Project) -> Iterator[Finding]:
    """Session cookies that scripts can read."""
    for file, call, name in project.calls():
        if not name.endswith(".set_cookie"):
            continue
        cookie = argument(call, 0, "key")
        text = ast.unparse(cookie) if cookie is not None else ""
        if isinstance(cookie, ast.Name) and cookie.id in file.constants:
            text += ast.unparse(file.constants[cookie.id])
        if "csrf" in text.lower() or not SESSION_COOKIE.search(text):
            continue
        if literal(argument(call, 99, "httponly")) in (None, False) and not _may_be_set(call):
            yield found("session", file, call, "scripts can read the session cookie (no HttpOnly)")


def _may_be_set(call: ast.Call) -> bool:
    value = argument(call, 99, "httponly")
    return (value is not None and not isinstance(value, ast.Constant)) or any(
        word.arg is None for word in call.keywords
    )


def unchecked_certificates(project: Project) -> Iterator[Finding]:
    """verify=False, and TLS contexts that check nothing."""
    for file, call, name in project.calls():
        if (literal(argument(call, 99, "verify")) is False and not name.startswith("jwt")) or (
            name == "ssl._create_unverified_context" or literal(argument(call, 99, "ssl")) is False
        ):
            yield found("tls", file, call, "certificates of other servers are not checked")
