"""Which tests of an input make it harmless, and for what."""

import ast
from collections.abc import Iterator

EVERYTHING = frozenset({"*"})
PATHS = frozenset({"path_traversal", "zip_slip"})
METHODS: dict[str, frozenset[str]] = {
    "is_relative_to": PATHS,
    "relative_to": PATHS,
    "commonpath": PATHS,
    "commonprefix": PATHS,
    "startswith": PATHS | {"open_redirect", "ssrf"},
    "endswith": frozenset({"upload_type", "ssrf"}),
    "fullmatch": EVERYTHING,
    "match": EVERYTHING,
    "isalnum": EVERYTHING,
    "isidentifier": EVERYTHING,
    "isdigit": EVERYTHING,
    "isdecimal": EVERYTHING,
    "isascii": frozenset(),
    "exists": frozenset(),
    "is_file": frozenset(),
    "isfile": frozenset(),
    "is_dir": frozenset(),
    "get": frozenset(),
    "strip": frozenset(),
    "lower": frozenset(),
    "len": frozenset({"resource_exhaustion"}),
}
"""Method or function in a test -> kinds it guards against; any other call of the app's own guards
against everything, since only its author knows what it looks for."""
ADDRESS_FACTS = frozenset(
    {"is_private", "is_loopback", "is_global", "hostname", "netloc", "scheme", "is_link_local"}
)


def kinds_guarded(test: ast.expr) -> frozenset[str]:
    """Kinds of flaw that an `if` with this test keeps out of one of its branches."""
    return frozenset().union(*_guards(test)) if test is not None else frozenset()


def _guards(test: ast.expr) -> Iterator[frozenset[str]]:
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            yield _comparison(node)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            builtin = name in ("isinstance", "any", "all", "str", "int", "bool", "urlparse")
            yield METHODS.get(name, frozenset() if builtin or not name else EVERYTHING)
        elif isinstance(node, ast.Attribute) and node.attr in ADDRESS_FACTS:
            yield frozenset({"ssrf", "open_redirect"})


def _comparison(node: ast.Compare) -> frozenset[str]:
    operator = node.ops[0]
    if isinstance(operator, ast.In | ast.NotIn):
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return _character_test(node.left.value)
        return EVERYTHING
    if isinstance(operator, ast.Lt | ast.Gt | ast.LtE | ast.GtE):
        return frozenset({"resource_exhaustion", "zip_bomb"})
    if isinstance(operator, ast.Eq | ast.NotEq):
        if any(isinstance(side, ast.Constant) and side.value for side in node.comparators):
            return frozenset()
        return EVERYTHING
    return frozenset()


def _character_test(text: str) -> frozenset[str]:
    """`".." in name`, `"<!DOCTYPE" in body`."""
    if text in ("..", "/", "\\", "../"):
        return PATHS
    if "DOCTYPE" in text.upper() or "ENTITY" in text.upper():
        return frozenset({"xxe"})
    if text in ("\r", "\n", "\r\n"):
        return frozenset({"log_injection", "header_injection"})
    return frozenset({"open_redirect"}) if text in ("://", ":") else frozenset()


def leaves(body: list[ast.stmt]) -> bool:
    """Whether a block never falls through to what follows it."""
    return bool(body) and isinstance(body[-1], ast.Raise | ast.Return | ast.Continue | ast.Break)
