"""What texts that match a pattern cannot do, because dangerous characters are not among theirs."""

import re
from typing import Any

Parsed = Any
"""What the standard library's parser of patterns returns; it has no types."""
NEEDED: dict[str, str] = {
    "sql_injection": "'\"",
    "command_injection": ";|&$`\"'(<> \n",
    "code_injection": "(._",
    "template_injection": "{",
    "path_traversal": "/\\",
    "zip_slip": "/\\",
    "ssrf": ":/",
    "open_redirect": "/\\",
    "xss": '<"',
    "xxe": "<",
    "log_injection": "\r\n",
    "header_injection": "\r\n",
    "redos": "(*+",
}
"""Kind of flaw -> characters of which at least one is needed for it."""
ASCII = range(9, 127)
CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
}


def harmless_kinds(pattern: str) -> frozenset[str]:
    """Kinds of flaw that a text which matches the whole pattern cannot cause."""
    try:
        parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]  # the library's own parser
    except (re.error, OverflowError, RecursionError):
        return frozenset()
    if not pattern.startswith(("^", r"\A")) or not pattern.rstrip().endswith(("$", r"\Z", r"\z")):
        return frozenset()
    allowed = characters(parsed)
    return frozenset(
        kind for kind, needed in NEEDED.items() if not any(ord(char) in allowed for char in needed)
    )


def flat(body: Parsed) -> list[Parsed]:
    """The items of a parsed pattern, those of its groups in their place."""
    found: list[Parsed] = []
    for operator, value in body:
        if str(operator) == "SUBPATTERN":
            found += flat(value[-1])
        else:
            found.append((operator, value))
    return found


def characters(body: Parsed) -> set[int]:
    """ASCII characters that some item of the parsed pattern can match."""
    accepted: set[int] = set()
    for operator, value in flat(body):
        accepted |= _item(str(operator), value)
    return accepted


def _item(name: str, value: Parsed) -> set[int]:  # noqa: PLR0911 - a table
    match name:
        case "LITERAL":
            return {value}
        case "ANY":
            return set(ASCII) - {10}
        case "NOT_LITERAL":
            return set(ASCII) - {value}
        case "IN":
            return _class(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return characters(value[2])
        case "BRANCH":
            return set().union(*(characters(branch) for branch in value[1]))
    return set()


def _class(items: Parsed) -> set[int]:
    accepted: set[int] = set()
    negated = False
    for operator, value in items:
        match str(operator):
            case "NEGATE":
                negated = True
            case "LITERAL":
                accepted.add(value)
            case "RANGE":
                accepted |= set(range(value[0], min(value[1], 126) + 1))
            case "CATEGORY":
                accepted |= {c for c in ASCII if re.match(CATEGORIES[str(value)], chr(c))}
    return set(ASCII) - accepted if negated else accepted
