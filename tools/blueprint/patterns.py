"""Regular expressions of fields: whether they can be used, and texts that they accept or refuse.

A pattern is searched in the text, as JSON Schema and Pydantic do it: `^` and `$` anchor it, without
them it may match anywhere. Matching takes linear time: it is done by Pydantic's engine (Rust's
`regex`), which has neither look-around nor backreferences. Everything here is pure.
"""

import re
import string
import warnings
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

MAX_PATTERN_CHARS = 500
Parsed = Any
"""What the standard library's parser of patterns returns; it has no types."""
Places = list[str]
"""One string a character of a text: those that may stand there."""

_WORDS = "123456789" + string.ascii_letters + "0"
"""In the order in which they are chosen: ones look more like real values than zeros."""
_CATEGORIES = {
    "CATEGORY_DIGIT": "1234567890",
    "CATEGORY_WORD": _WORDS + "_",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": _WORDS,
}
_EXTRA = (5, 3, 1, 0, 8, 11, 15, 20, 27, 31, 63)
"""How many repetitions beyond the fewest are tried, until the text has the wanted length."""
_REFUSED = ("!", "~", "?!", "a", "A", "0", "-", "!!!", "!!!!!!!!", "aaaa", "0000", "!" * 20)
"""Texts of which a pattern refuses at least one, unless it refuses next to nothing."""


def pattern_problem(pattern: str) -> str | None:
    """Why a pattern cannot be used; None when it can."""
    if len(pattern) > MAX_PATTERN_CHARS:
        return f"it has more than {MAX_PATTERN_CHARS} characters"
    try:
        _accepting(pattern)
        _parse(pattern)
    except SchemaError as error:
        return " ".join(str(error).split("error: ")[-1].split())
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text."""
    return _valid(_accepting(pattern), text)


def find_places(pattern: str, low: int = 0, high: int | None = None) -> Places | None:
    """The characters that each position of a matching text may have; None if none is found.

    Args:
        pattern: one without a problem.
        low: fewest characters of the text.
        high: most characters; None: any number.
    """
    accepts = _accepting(pattern)
    for extra in _EXTRA:
        for branch in (0, 1, 2):
            places = list(_walk(_parse(pattern), extra, branch))
            fits = low <= len(places) and (high is None or len(places) <= high)
            if fits and all(places) and _takes(accepts, places):
                return places
    return None


def matching_text(places: Places, number: int) -> str:
    """The text of that number; numbers up to the product of the choices give different texts."""
    text = ""
    for allowed in reversed(places):
        number, digit = divmod(number, len(allowed))
        text = allowed[digit] + text
    return text


def refused_text(pattern: str, low: int = 0, high: int | None = None) -> str | None:
    """A text of that length which the pattern is not found in; None when no likely one is."""
    accepts = _accepting(pattern)
    long = "!" * max(low, 1)
    for text in (*_REFUSED, long):
        fits = low <= len(text) and (high is None or len(text) <= high)
        if fits and not _valid(accepts, text):
            return text
    return None


def _accepting(pattern: str) -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])


def _parse(pattern: str) -> Parsed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sets inside sets, which Pydantic's engine decides
        return re._parser.parse(pattern)  # type: ignore[attr-defined]  # the library's own parser


def _valid(accepts: TypeAdapter[str], text: str) -> bool:
    try:
        accepts.validate_python(text)
    except ValidationError:
        return False
    return True


def _takes(accepts: TypeAdapter[str], places: Places) -> bool:
    """Whether the first texts and the last one match."""
    numbers = (0, 1, 2, 7, 1000)
    texts = [matching_text(places, number) for number in numbers]
    last = "".join(allowed[-1] for allowed in places)
    return all(_valid(accepts, text) and text == text.strip() for text in [*texts, last])


def _walk(parsed: Parsed, extra: int, branch: int) -> Iterator[str]:
    for operator, value in parsed:
        match str(operator):
            case "LITERAL":
                yield chr(value)
            case "NOT_LITERAL":
                yield _WORDS.replace(chr(value), "")
            case "ANY":
                yield _WORDS
            case "IN":
                yield _class(value)
            case "SUBPATTERN":
                yield from _walk(value[-1], extra, branch)
            case "BRANCH":
                choices = value[1]
                yield from _walk(choices[branch % len(choices)], extra, branch)
            case "MAX_REPEAT" | "MIN_REPEAT":
                low, high, body = value
                for _ in range(min(low + extra, int(high))):
                    yield from _walk(body, extra, branch)


def _class(items: Parsed) -> str:
    """The characters of a class, digits and letters first."""
    allowed: set[str] = set()
    negated = False
    for operator, value in items:
        match str(operator):
            case "NEGATE":
                negated = True
            case "LITERAL":
                allowed.add(chr(value))
            case "RANGE":
                allowed |= {chr(code) for code in range(value[0], min(value[1], 0x2FF) + 1)}
            case "CATEGORY":
                allowed |= set(_CATEGORIES[str(value)])
    if negated:
        return "".join(char for char in _WORDS if char not in allowed)
    plain = "".join(char for char in _WORDS if char in allowed)
    return plain or "".join(sorted(allowed))
