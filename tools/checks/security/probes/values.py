"""Values that an app accepts, by schema and by name."""

import itertools
import re
import string
from typing import Any

from tools.checks.security.probes.plan import Param

Json = Any
COUNTER = itertools.count(1)
WORDS = ["alpha", "bravo", "delta", "gamma", "omega", "kappa", "sigma", "theta"]
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND"
    b"\xaeB`\x82"
)
BY_NAME: tuple[tuple[str, Json], ...] = (
    (r"e?mail", lambda n: f"probe{n}@example.com"),
    (r"passw|pwd|passphrase", lambda _: PASSWORD),
    (r"url|link|website|callback|webhook|image_url|avatar", lambda _: "https://example.com/a"),
    (r"phone|mobile", lambda _: "+491701234567"),
    (r"currency", lambda _: "EUR"),
    (r"country", lambda _: "DE"),
    (r"color|colour", lambda _: "#336699"),
    (r"(^|_)(date|day|due|on|born|birthday)($|_)", lambda _: "2030-05-17"),
    (r"time|_at$|start|end", lambda _: "2030-05-17T10:00:00Z"),
    (r"file_?name|filename", lambda n: f"probe{n}.txt"),
    (r"slug|handle|username|user_name|login|nick", lambda n: f"probe{n}{WORDS[n % 8]}"),
    (r"amount|price|quantity|qty|count|number|cents", lambda _: "3"),
    (r"isbn", lambda _: "9780141439587"),
    (r"ip$|ip_address", lambda _: "192.0.2.7"),
    (r"host|domain", lambda _: "example.com"),
)
PASSWORD = "Correct-Horse7-Battery!zq"  # noqa: S105 - of throw-away accounts


def example(param: Param, *, fresh: bool = True) -> Json:
    """A value for the parameter; texts are new each time when `fresh`."""
    return of_schema(param.schema, param.name, next(COUNTER) if fresh else 1)


def of_schema(schema: dict[str, Json], name: str, number: int) -> Json:
    """A value that the schema allows and that suits the name."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return _number(schema, name)
    if kind == "boolean":
        return True
    if kind == "array":
        item = of_schema(schema.get("items", {}), name.rstrip("s"), number)
        return [item] * max(1, schema.get("minItems", 1))
    if kind == "object" or "properties" in schema:
        required = schema.get("required", [])
        return {
            key: of_schema(value, key, number)
            for key, value in schema.get("properties", {}).items()
            if key in required or not value.get("default")
        }
    return _text(schema, name, number)


def _number(schema: dict[str, Json], name: str) -> Json:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value = 5 if re.search(r"stock|quantity|amount|seats|capacity|limit|uses", name) else 2
    if low is not None and value <= low:
        value = int(low) + 1
    if high is not None and value > high:
        value = int(high)
    return (
        float(value)
        if schema.get("type") == "number" and schema.get("multipleOf") is None
        else value
    )


def _text(schema: dict[str, Json], name: str, number: int) -> str:
    by_format = {
        "email": f"probe{number}@example.com",
        "uuid": "3f2b8f0e-6f2e-4a52-9d0c-0d6f2b0f6a11",
        "date": "2030-05-17",
        "date-time": "2030-05-17T10:00:00Z",
        "time": "10:00:00",
        "uri": "https://example.com/a",
        "password": PASSWORD,
        "ipv4": "192.0.2.7",
    }
    text = by_format.get(str(schema.get("format")))
    if text is None:
        text = next(
            (make(number) for pattern, make in BY_NAME if re.search(pattern, name.lower())),
            f"{WORDS[number % 8]} {number}",
        )
    pattern = schema.get("pattern")
    if pattern and not _matches(pattern, text):
        text = _of_pattern(pattern, number) or text
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    padded: str = text + "x" * max(0, low - len(text))
    return padded[:high] if high else padded


def _letters(number: int) -> str:
    """The number in three letters: `aab`. Names of letters alone have to differ, too."""
    alphabet = string.ascii_lowercase
    return "".join(alphabet[number // 26**place % 26] for place in (2, 1, 0))


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _of_pattern(pattern: str, number: int) -> str | None:
    """A text that the pattern accepts: a few likely ones, then one made from its parts."""
    word = _letters(number)
    candidates = [
        f"probe{number}",
        f"{number:04d}",
        f"{number:06d}",
        f"{number:02d}",
        f"PROBE{number}",
        f"probe-{number}",
        f"probe{word}",
        f"Probe{word}",
        word,
        word.upper(),
        f"ABC-{number:03d}",
        f"ABC{number:03d}",
        "ABC",
        "abc",
        "EUR",
        "10:00",
        "2030-05-17",
        "2030-05",
        "#336699",
        "+491701234567",
        "https://example.com/a",
        f"{number:032x}",
        f"{number:064x}",
        "/home",
    ]
    for text in candidates:
        if _matches(pattern, text):
            return text
    made = _generate(pattern, number)
    return made if made is not None and _matches(pattern, made) else None


def _generate(pattern: str, number: int) -> str | None:
    """Walk the parsed pattern and take the first choice everywhere."""
    try:
        parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]  # the library's own parser
    except re.error:
        return None
    return _walk(parsed, number)


def _walk(parsed: Json, number: int) -> str:
    text = ""
    for operator, value in parsed:
        name = str(operator)
        if name == "LITERAL":
            text += chr(value)
        elif name == "ANY":
            text += "a"
        elif name == "IN":
            text += _member(value, number + len(text))
        elif name == "SUBPATTERN":
            text += _walk(value[-1], number)
        elif name == "BRANCH":
            text += _walk(value[1][0], number)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, body = value
            for _ in range(min(max(low, 4), high)):
                text += _walk(body, number + len(text))
    return text


def _member(items: Json, number: int) -> str:
    allowed = ""
    negated = any(str(operator) == "NEGATE" for operator, _ in items)
    for operator, value in items:
        name = str(operator)
        if name == "LITERAL":
            allowed += chr(value)
        elif name == "RANGE":
            allowed += "".join(chr(code) for code in range(value[0], min(value[1], 126) + 1))
        elif name == "CATEGORY":
            allowed += string.digits if "DIGIT" in str(value) else "abcdef"
    if negated:
        return next(char for char in string.ascii_lowercase if char not in allowed)
    letters = [char for char in allowed if char.isalnum()] or list(allowed)
    return letters[number % len(letters)]
