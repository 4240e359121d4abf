"""Tokens that are decoded without looking, and secrets that are compared with `==`."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Project, argument, literal
from tools.checks.security.source.rules.base import found
from tools.checks.security.source.rules.secrets import NOT_REAL

SECRET_SIDE = re.compile(
    r"(^|[._])(SECRET|API_KEY|ADMIN_TOKEN|ADMIN_KEY|WEBHOOK_SECRET|SERVICE_TOKEN|INTERNAL_TOKEN|"
    r"api_key|secret|secret_key|admin_token|internal_token)$"
)


def careless_decoding(project: Project) -> Iterator[Finding]:
    """`jwt.decode` without a check of signature, algorithm or expiry."""
    for file, call, name in project.calls():
        if name not in ("jwt.decode", "jose.jwt.decode", "jwt.api_jwt.decode"):
            continue
        options = _literal_of(argument(call, 3, "options"), file.constants)
        algorithms = argument(call, 2, "algorithms")
        if isinstance(options, dict):
            off = sorted(str(key) for key, value in options.items() if value is False)
            off = [key for key in off if key in ("verify_signature", "verify_exp")]
            if off:
                yield found("jwt", file, call, f"the token is decoded with {', '.join(off)} off")
                continue
        names = _literal_of(algorithms, file.constants)
        if isinstance(names, list | tuple) and any(str(item).lower() == "none" for item in names):
            yield found("jwt", file, call, "unsigned tokens (alg none) are accepted")
        elif algorithms is not None and "header" in ast.unparse(algorithms):
            yield found("jwt", file, call, "the token says itself by which algorithm it is checked")


def _literal_of(node: ast.expr | None, constants: dict[str, ast.expr]) -> object:
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    return literal(node)


def plain_comparisons(project: Project) -> Iterator[Finding]:
    """Signatures, and secrets of the configuration, compared with == or !=."""
    for definition in project.definitions():
        for node in ast.walk(definition.node):
            if not isinstance(node, ast.Compare) or len(node.ops) != 1:
                continue
            if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
                continue
            sides = [node.left, node.comparators[0]]
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            if _computes_signature(sides, definition.node) or _is_secret(sides):
                text = ast.unparse(node)
                yield found("timing", definition.file, node, f"`{text}` takes longer the more fits")


def _computes_signature(sides: list[ast.expr], function: ast.AST) -> bool:
    texts = [ast.unparse(side) for side in sides]
    if any("hexdigest()" in text or ".digest()" in text for text in texts):
        return any("hmac" in text for text in texts)
    made = {
        ast.unparse(node.targets[0]): ast.unparse(node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and len(node.targets) == 1
    }
    return any(
        "hmac.new(" in made.get(text, "") or "hmac.digest(" in made.get(text, "") for text in texts
    )


def _is_secret(sides: list[ast.expr]) -> bool:
    texts = [ast.unparse(side) for side in sides]
    return any(SECRET_SIDE.search(text) for text in texts) and not any(
        "len(" in text or NOT_REAL.search(text) for text in texts
    )


def tokens_without_end(project: Project) -> Iterator[Finding]:
    """`jwt.encode` of a literal payload that has no `exp`."""
    for file, call, name in project.calls():
        if name not in ("jwt.encode", "jose.jwt.encode"):
            continue
        payload = argument(call, 0, "payload", "claims")
        if isinstance(payload, ast.Dict) and all(isinstance(k, ast.Constant) for k in payload.keys):
            keys = {k.value for k in payload.keys if isinstance(k, ast.Constant)}
            if "exp" not in keys:
                yield found("jwt", file, call, "the token never expires (no exp)", level="note")


def unread(project: Project) -> Iterator[Finding]:
    """Tokens whose payload is read by base64 without any check."""
    for definition in project.definitions():
        text = ast.unparse(definition.node)
        if "b64decode" in text and "split('.')" in text and "hmac" not in text:
            checks = any(word in text for word in ("verify", "compare_digest", "jwt.decode"))
            if not checks and re.search(r"jwt|bearer|token", text, re.I):
                why = "the payload of a token is read without checking its signature"
                yield found("jwt", definition.file, definition.node, why)
