"""The grammar of a rules cell: `required, unique`, `>= 0`, `max 100 characters`, `read-only`.

A cell is a list of rules separated by commas or semicolons. Rules about one column are patterns
here; those that involve other fields (`copied from book.price`) belong to `rules`.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from tools.blueprint.model import Computed, EntityField
from tools.blueprint.patterns import pattern_problem
from tools.blueprint.shorthand import COMPUTED, parse_computed
from tools.blueprint.words import singular, snake_case

FieldChange = Callable[[EntityField, re.Match[str]], dict[str, object] | None]
_TEXTUAL = frozenset({"string", "text"})
_SERVER = {"writable": "never"}
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_RANGE = rf"{_NUMBER}\s*(?:\.\.|–|-|to|and)\s*{_NUMBER}"  # noqa: RUF001 - specs use the dash
_WHO = r"(?P<roles>[a-z][\w ,/&]*?)"
_CHARS = r"\s*(?:characters|character|chars|char|letters)(?: long)?"


def split_rules(cell: str) -> list[str]:
    """The cell's rules; commas and semicolons inside brackets or quotes do not separate."""
    parts, depth, quote, start = [], 0, "", 0
    for position, char in enumerate(cell):
        if quote:
            quote = "" if char == quote else quote
        elif char == '"':
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(0, depth - 1)
        elif char in ",;" and depth == 0:
            parts.append(cell[start:position])
            start = position + 1
    parts.append(cell[start:])
    return [part.strip(" .") for part in parts if part.strip(" .")]


def apply_rule(field: EntityField, rule: str) -> EntityField | None:
    """The field with that rule applied, or None when the rule is not in the grammar."""
    for pattern, change in _PATTERNS:
        match = pattern.fullmatch(rule)
        update = change(field, match) if match else None
        if update is not None:
            return field.model_copy(update=update)
    return None


def read_value(field: EntityField, text: str) -> JsonValue:
    """A default as the field's type spells it. Raises ValueError when it does not fit."""
    text = text.strip().strip("\"'")
    if field.type == "boolean":
        if text.lower() not in {"true", "false", "yes", "no"}:
            raise ValueError(f"{text!r} is not true or false")
        return text.lower() in {"true", "yes"}
    try:
        if field.type in {"integer", "bigint"}:
            return int(text)
        if field.type == "float":
            return float(text)
        if field.type == "decimal":
            return str(Decimal(text))
    except (ValueError, InvalidOperation):
        raise ValueError(f"{text!r} is not a number") from None
    return text


def _fixed(**update: object) -> FieldChange:
    return lambda _field, _match: dict(update)


def _bound(side: str, step: int = 0) -> FieldChange:
    """A bound on the value, or on the length of text; `step` turns `> 0` into the next value."""

    def change(field: EntityField, match: re.Match[str]) -> dict[str, object] | None:
        number = float(match[1])
        if field.type in _TEXTUAL:
            return {f"{side}_length": int(number) + step}
        unit = 10.0 ** -(field.scale or 0) if field.type == "decimal" else 1.0
        return {f"{side}imum": number + step * unit}

    return change


def _length(side: str) -> FieldChange:
    return lambda _field, match: {f"{side}_length": int(float(match[1]))}


def _value_range(field: EntityField, match: re.Match[str]) -> dict[str, object]:
    if field.type in _TEXTUAL:
        return _length_range(field, match)
    return {"minimum": float(match[1]), "maximum": float(match[2])}


def _length_range(_field: EntityField, match: re.Match[str]) -> dict[str, object]:
    return {"min_length": int(float(match[1])), "max_length": int(float(match[2]))}


def _default(field: EntityField, match: re.Match[str]) -> dict[str, object] | None:
    text = match[1].strip()
    if text.lower() in {"now", "now()", "current time", "current_timestamp"}:
        return {"generated": "now", "writable": "never"} if field.type == "timestamptz" else None
    if text.lower() in {"null", "none", "empty"}:
        return {"nullable": True}
    try:
        return {"default": read_value(field, text)}
    except ValueError:
        return None


def _pattern(field: EntityField, match: re.Match[str]) -> dict[str, object] | None:
    """A regular expression that can be used; other words that follow `matches` are none."""
    text = match[1].strip("`\"' ")
    usable = re.search(r"[\^$\[\\]", text) and pattern_problem(text) is None
    return {"pattern": text} if usable and field.type in _TEXTUAL else None


def _generated(field: EntityField, _match: re.Match[str]) -> dict[str, object]:
    kinds = {"uuid": "uuid", "integer": "identity", "bigint": "identity", "timestamptz": "now"}
    return {"generated": kinds.get(field.type), "writable": "never"}


def _computed(_field: EntityField, match: re.Match[str]) -> dict[str, object]:
    return {"computed": Computed.model_validate(parse_computed(match)), **_SERVER}


def _roles(key: str) -> FieldChange:
    """`clerk and admins`; whether they are roles, the Blueprint's validator says."""

    def change(_field: EntityField, match: re.Match[str]) -> dict[str, object]:
        return {key: read_role_names(match["roles"])}

    return change


def read_role_names(text: str) -> tuple[str, ...]:
    """`Clerks, admins and the boss` -> `("clerk", "admin", "boss")`."""
    words = re.split(r",|/|\band\b|\bor\b|&", text)
    bare = (re.sub(r"^\s*(?:the|an?)\s+", "", word).strip() for word in words)
    return tuple(singular(snake_case(word)) for word in bare if word)


def _on_delete(_field: EntityField, match: re.Match[str]) -> dict[str, object] | None:
    if _field.references is None:
        return None
    action = match[1].lower().replace(" ", "_").replace("-", "_")
    update: dict[str, object] = {
        "references": _field.references.model_copy(update={"on_delete": action})
    }
    return update | ({"nullable": True} if action == "set_null" else {})


_RULES: tuple[tuple[str, FieldChange], ...] = (
    (r"required|mandatory|not null|non-null|not empty", _fixed(nullable=False)),
    (r"optional|nullable|null|may be null|can be null|can be empty", _fixed(nullable=True)),
    (r"unique|must be unique", _fixed(unique=True)),
    (r"(?:auto[- ]?)?(?:generated|increment|incremented)|assigned automatically", _generated),
    (r"(?:must |has to )?match(?:es|ing)?(?: the)?(?: pattern| regex(?:p| pattern)?)?\s*:?\s*(.+)",
     _pattern),
    (r"(?:pattern|regex|regular expression)\s*[:=]?\s*(.+)", _pattern),
    (r"e-?mail(?: address)?", _fixed(format="email")),
    (r"url|uri|link", _fixed(format="url")),
    (r"slug", _fixed(format="slug")),
    (rf"(?:>=|≥|min\.?|minimum|at least|from)\s*:?\s*{_NUMBER}", _bound("min")),
    (rf"(?:<=|≤|max\.?|maximum|at most|up to)\s*:?\s*{_NUMBER}", _bound("max")),
    (rf"(?:>|more than|greater than|over)\s*{_NUMBER}", _bound("min", step=1)),
    (rf"(?:<|less than|under)\s*{_NUMBER}", _bound("max", step=-1)),
    (r"positive", lambda f, _m: {"minimum": 10.0 ** -(f.scale or 0)}),
    (r"not negative|non-negative|never negative|no negatives?", _fixed(minimum=0.0)),
    (rf"(?:between\s+)?{_RANGE}", _value_range),
    (rf"(?:between\s+)?{_RANGE}{_CHARS}", _length_range),
    (rf"(?:min\.?|minimum|at least|>=)(?: length)?\s*:?\s*{_NUMBER}{_CHARS}", _length("min")),
    (rf"(?:max\.?|maximum|at most|up to|<=)(?: length)?\s*:?\s*{_NUMBER}{_CHARS}", _length("max")),
    (rf"(?:max length|max_length|maxlength)\s*:?=?\s*{_NUMBER}", _length("max")),
    (rf"(?:min length|min_length|minlength)\s*:?=?\s*{_NUMBER}", _length("min")),
    (r"(?:defaults? to\b|default is\b|by default|default)\s*:?=?\s*(.+)", _default),
    (r"read[- ]?only|set by (?:the )?(?:server|system)|server|computed|never set by a client"
     r"|calculated", _fixed(**_SERVER)),
    (COMPUTED, _computed),
    (r"immutable|never changes|set once|write[- ]once|cannot be changed",
     _fixed(writable="create")),
    (r"(?:is |always )?(?:the )?(?:caller|current user|logged[- ]in user)(?:'s id)?",
     _fixed(generated="caller", writable="never")),
    (r"secret|never returned|not returned|write[- ]only|hidden|private", _fixed(readable=False)),
    (r"now|(?:set )?on creation|set at creation|creation time", _fixed(generated="now", **_SERVER)),
    (r"(?:set |updated )?on (?:every )?(?:update|change)|updated automatically|last change",
     _fixed(generated="now_on_update", **_SERVER)),
    (r"on delete (restrict|cascade|set[ _-]null)", _on_delete),
    (rf"(?:only )?(?:visible|readable|shown|returned)(?: only)? (?:to|by|for) {_WHO}(?: only)?",
     _roles("readers")),
    (rf"only {_WHO} (?:can |may )?(?:sees?|reads?)(?: it)?", _roles("readers")),
    (rf"(?:(?:set|written|changed) only by|only (?:set|written|changed) by"
     rf"|(?:writable|editable|changeable)(?: only)? by) {_WHO}(?: only)?", _roles("writers")),
    (rf"(?:set|written|changed) by {_WHO} only", _roles("writers")),
    (rf"only {_WHO} (?:can |may )?(?:sets?|writes?|changes?|edits?)(?: it)?", _roles("writers")),
)  # fmt: skip
_PATTERNS = tuple((re.compile(text, re.IGNORECASE), change) for text, change in _RULES)
