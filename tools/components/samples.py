"""Values for tests: ones that fit a field, and ones that do not."""

import math
import re
from dataclasses import dataclass

from tools.blueprint.model import EntityField
from tools.blueprint.patterns import find_places, matching_text, refused_text
from tools.components.base import ComponentError
from tools.components.columns import array_item, literal, number, scale
from tools.components.names import quote
from tools.components.plan import Plan

PLENTY = 1000
"""How much a factory puts into a counter, so that rules can take from it."""


@dataclass(frozen=True)
class Sample:
    """One value as Python code: for a row, and for a JSON body."""

    row: str
    json: str


def valid(
    field: EntityField, plan: Plan, *, plenty: bool = False, distinct: bool = False
) -> Sample:
    """A value that fits.

    Args:
        field: what the value is for.
        plan: the backend.
        plenty: a large number, for a counter that rules take from.
        distinct: another value each time, by a variable `number` that counts.
    """
    distinct = distinct or field.unique
    if field.type in {"string", "text"}:
        text = _text(field, distinct=distinct)
        return Sample(text, text)
    if field.type in {"integer", "bigint", "float", "decimal"}:
        return _number(field, plan, plenty=plenty, distinct=distinct)
    if field.type == "enum":
        return _enum_samples(field, plan)[0]
    if field.type == "array":
        item = valid(array_item(field), plan)
        return Sample(f"[{item.row}]", f"[{item.json}]")
    if field.type == "boolean":
        return _truth(_usual_truth(field))
    return _DISTINCT.get(field.type, _FIXED[field.type]) if distinct else _FIXED[field.type]


def other(field: EntityField, plan: Plan) -> Sample | None:
    """A second value that fits and differs from the first; None when there is none."""
    if field.type in {"string", "text"}:
        return _other_text(field)
    if field.type in {"integer", "bigint", "float", "decimal"}:
        value = _plain_number(field) + 1
        if field.maximum is not None and value > field.maximum:
            return None
        return _as_number(field, number(value), plan)
    if field.type == "enum":
        return next(iter(_enum_samples(field, plan)[1:]), None)
    if field.type == "boolean":
        return _truth(not _usual_truth(field))
    return {"date": _day(2), "timestamptz": _moment(2)}.get(field.type)


def ascending(field: EntityField, plan: Plan) -> tuple[str, str] | None:
    """Two values of rows, the smaller one first; None when there are none to be sure of."""
    if field.references is not None or field.format is not None:
        return None
    if field.pattern is not None:
        pair = sorted({matching_text(_places(field), number) for number in (0, 1)})
        return (quote(pair[0]), quote(pair[1])) if pair[1:] else None
    if field.type in {"string", "text"}:
        length = max(field.min_length or 1, min(4, field.max_length or 4))
        return quote("a" * length), quote("b" * length)
    if field.type in {"integer", "bigint", "float", "decimal"}:
        low = math.ceil(field.minimum or 0)
        if field.maximum is not None and low + 1 > field.maximum:
            return None
        return _as_number(field, str(low), plan).row, _as_number(field, str(low + 1), plan).row
    days = {"date": _day, "timestamptz": _moment}.get(field.type)
    return (days(1).row, days(2).row) if days is not None else None


def invalid(field: EntityField) -> dict[str, str]:
    """What is wrong -> JSON value that must be refused."""
    cases = {} if field.nullable else {"null": "None"}
    if field.type in {"string", "text"}:
        cases |= _invalid_texts(field)
    elif field.type in {"integer", "bigint", "decimal", "float"}:
        cases["not a number"] = '"many"'
        if field.minimum is not None:
            cases["too small"] = number(field.minimum - 1)
        if field.maximum is not None:
            cases["too large"] = number(field.maximum + 1)
        if field.type == "integer":
            cases["beyond 32 bits"] = "2**31"
    elif field.type not in {"jsonb", "array"}:
        cases["of another kind"] = '"???"'
    return cases


def _invalid_texts(field: EntityField) -> dict[str, str]:
    cases = {"not text": "7"}
    if field.min_length:
        cases["too short"] = quote("x" * (field.min_length - 1))
    if field.max_length:
        cases["too long"] = f'"x" * {field.max_length + 1}'
    if field.format is not None:
        cases["malformed"] = '"not this at all"'
    if field.pattern is not None:
        refused = refused_text(field.pattern, field.min_length or 0, field.max_length)
        cases |= {"malformed": quote(refused)} if refused is not None else {}
    return cases


def _enum_samples(field: EntityField, plan: Plan) -> list[Sample]:
    """Every value, the default first: hand-written rules may treat the others specially."""
    values = list(plan.blueprint.enum(field.enum or "").values)
    values.sort(key=lambda value: value != field.default)
    return [Sample(literal(value, field, plan), quote(value)) for value in values]


def _usual_truth(field: EntityField) -> bool:
    return field.default is not False


def _truth(value: bool) -> Sample:
    return Sample(repr(value), repr(value))


def _text(field: EntityField, *, distinct: bool) -> str:
    if field.format == "email":
        return 'f"person{number}@example.com"'
    if field.format == "url":
        return 'f"https://example.com/{number}"'
    if field.format == "slug":
        return 'f"name-{number}"'
    if field.pattern is not None:
        return _patterned(_places(field), distinct=distinct)
    if distinct:
        longest = field.max_length or 8
        return f'f"{{number:0{max(field.min_length or 1, min(8, longest))}}}"'
    text = field.name.replace("_", " ").capitalize()
    text = text.ljust(field.min_length or 1, ".")
    return quote(text[: field.max_length] if field.max_length else text)


def _places(field: EntityField) -> list[str]:
    if field.pattern is None:
        raise ComponentError(f"{field.name} has no pattern")
    places = find_places(field.pattern, field.min_length or 0, field.max_length)
    if places is None:
        raise ComponentError(f"no text was found that matches the pattern of {field.name}")
    return places


def _patterned(places: list[str], *, distinct: bool) -> str:
    """A text that matches; a distinct one counts in its digits, or takes one of a list."""
    text = matching_text(places, 0)
    if not distinct:
        return quote(text)
    digits = "".join("0" if set("0123456789") <= set(allowed) else "x" for allowed in places)
    run = max(re.findall("0+", digits), key=len, default="")
    if len(run) > 2:
        start = digits.index(run)
        head, tail = (part.translate(_BRACES) for part in (text[:start], text[start + len(run) :]))
        count = f"{{number % {10 ** len(run)}:0{len(run)}}}"
        return "f" + quote(head + count + tail)
    texts = dict.fromkeys(matching_text(places, number) for number in range(_CHOICES))
    return f"[{', '.join(map(quote, texts))}][number % {len(texts)}]"


def _other_text(field: EntityField) -> Sample | None:
    if field.format is not None:
        return None
    if field.pattern is not None:
        places = _places(field)
        others = (matching_text(places, number) for number in range(1, _CHOICES))
        text = next((one for one in others if one != matching_text(places, 0)), None)
        return None if text is None else Sample(quote(text), quote(text))
    text = "Zebra".ljust(field.min_length or 1, ".")
    text = text[: field.max_length] if field.max_length else text
    return Sample(quote(text), quote(text))


def _plain_number(field: EntityField) -> float:
    """One, or what is nearest to it."""
    value = max(field.minimum if field.minimum is not None else 1, 1)
    return value if field.maximum is None else min(value, field.maximum)


def _number(field: EntityField, plan: Plan, *, plenty: bool, distinct: bool) -> Sample:
    value = _plain_number(field)
    if plenty:
        value = max(value, PLENTY if field.maximum is None else min(PLENTY, field.maximum))
    low = field.minimum if field.minimum is not None else 1
    if distinct:
        count = f"number % {number(field.maximum - low + 1)}" if field.maximum else "number"
        return _as_number(field, f"{number(low)} + {count}", plan)
    return _as_number(field, number(value), plan)


def _as_number(field: EntityField, text: str, plan: Plan) -> Sample:
    as_text = plan.blueprint.conventions.formats.decimal == "string"
    if field.type != "decimal":
        return Sample(text, text)
    if not text.replace(".", "").lstrip("-").isdigit():
        return Sample(f"Decimal({text})", f"str({text})" if as_text else f"float({text})")
    whole, _, rest = text.partition(".")
    places = scale(field)
    fixed = f"{whole}.{rest.ljust(places, '0')}" if places else whole
    return Sample(f'Decimal("{fixed}")', quote(fixed) if as_text else fixed)


def _day(day: int) -> Sample:
    return Sample(f"dt.date(2026, 1, {day})", quote(f"2026-01-{day:02}"))


def _moment(day: int) -> Sample:
    row = f"dt.datetime(2026, 1, {day}, 12, tzinfo=dt.UTC)"
    return Sample(row, quote(f"2026-01-{day:02}T12:00:00Z"))


_CHOICES = 30
"""How many texts a list of matching ones holds."""
_BRACES = str.maketrans({"{": "{{", "}": "}}"})
_NEXT_DAY = "dt.date(2026, 1, 1) + dt.timedelta(days=number)"
_NEXT_HOUR = "dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number)"
_FIXED = {
    "date": _day(1),
    "time": Sample("dt.time(12, 30)", '"12:30:00"'),
    "timestamptz": _moment(1),
    "interval": Sample("dt.timedelta(days=1)", '"P1D"'),
    "uuid": Sample("new_id()", "str(new_id())"),
    "jsonb": Sample('{"key": "value"}', '{"key": "value"}'),
    "bytes": Sample('b"bytes"', '"Ynl0ZXM="'),
}
_DISTINCT = {
    "date": Sample(_NEXT_DAY, f"({_NEXT_DAY}).isoformat()"),
    # `Z`, as the API answers
    "timestamptz": Sample(_NEXT_HOUR, f'({_NEXT_HOUR}).isoformat().replace("+00:00", "Z")'),
}
