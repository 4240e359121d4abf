"""Secrets that are written in the code."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Project, SourceFile, argument, literal
from tools.checks.security.source.rules.base import found

SECRET_NAME = re.compile(
    r"(^|_)(secret|secret_key|jwt_key|signing_key|signing_secret|api_key|private_key|hmac_key|"
    r"admin_token|admin_key|encryption_key|session_key|token_secret|admin_password|db_password|"
    r"master_key|service_key|webhook_secret|jwt_secret|app_secret)$",
    re.IGNORECASE,
)
NOT_REAL = re.compile(
    r"(^|_)(dev|development|default|insecure|example|dummy|fake|test|placeholder)(_|$)", re.I
)
PLACEHOLDER = re.compile(
    r"^(|x+|\$\{.*\}|<.*>|x-api-key|authorization|[a-z]+_[a-z_]+)$", re.IGNORECASE
)
NAMES_A_HEADER = re.compile(r"^(x-)?[a-z]+(-[a-z]+)*$", re.IGNORECASE)
SIGNERS = ("jwt.encode", "jwt.decode", "hmac.new", "hmac.digest")


def hardcoded_secrets(project: Project) -> Iterator[Finding]:
    """Constants named like a secret, and literal keys of signatures."""
    for file in project.files:
        for node in ast.walk(file.tree):
            yield from _assigned(file, node)
    for file, call, name in project.calls():
        if name in SIGNERS or name.endswith("SessionMiddleware") or _adds_sessions(call):
            yield from _keys(file, call, name)


def _assigned(file: SourceFile, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    if SECRET_NAME.search(name) and not NOT_REAL.search(name) and _is_secret(value):
        yield found("hardcoded_secret", file, node, f"{name} has its value in the code")


def _is_secret(node: ast.expr) -> bool:
    value = literal(node)
    value = value.decode(errors="replace") if isinstance(value, bytes) else value
    if not isinstance(value, str) or len(value) < 4 or PLACEHOLDER.match(value):
        return False
    return not (
        NAMES_A_HEADER.match(value) and "key" in value.lower() and value[:2].lower() == "x-"
    )


def _keys(file: SourceFile, call: ast.Call, name: str) -> Iterator[Finding]:
    position = 0 if name.startswith("hmac.") else 1
    key = argument(call, position, "key", "secret_key")
    if key is None or (not name.startswith(("jwt.", "hmac.")) and position == 1):
        key = argument(call, 99, "secret_key")
    if isinstance(key, ast.Name) and key.id in file.constants and not SECRET_NAME.search(key.id):
        key = file.constants[key.id]
    if key is not None and _is_key(key):
        yield found("hardcoded_secret", file, call, f"the key of {name}() is in the code")


def _is_key(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value if node.func.attr == "encode" else node
    value = literal(node)
    return isinstance(value, str | bytes) and len(value) > 0


def _adds_sessions(call: ast.Call) -> bool:
    return any("SessionMiddleware" in dotted_text(arg) for arg in call.args[:1])


def dotted_text(node: ast.expr) -> str:
    """The source of a name."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def weak_fallbacks(project: Project) -> Iterator[Finding]:
    """Secrets with a default for when the environment does not have them."""
    for file, call, name in project.calls():
        if name not in ("os.getenv", "os.environ.get", "getenv", "environ.get"):
            continue
        variable, default = literal(argument(call, 0)), argument(call, 1, "default")
        value = literal(default)
        if not isinstance(variable, str) or not SECRET_NAME.search(variable):
            continue
        if isinstance(value, str) and len(value) > 3:
            why = f"without {variable} in the environment a value from the code is used"
            yield found("hardcoded_secret", file, call, why)
