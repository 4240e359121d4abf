"""Values for the fields of a Blueprint: good ones, distinct ones and bad ones. Pure."""

import base64
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

from tools.blueprint.model import Blueprint, EntityField
from tools.blueprint.patterns import find_places, matching_text, refused_text

NAMESPACE = 0x0ACCE97A << 96
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
INTEGER_TOP = {"integer": 2**31 - 1, "bigint": 2**63 - 1}
"""Largest value of the PostgreSQL type."""
NUMBERS = frozenset({"integer", "bigint", "decimal", "float"})
ORDERED = NUMBERS | {"string", "text", "date", "timestamptz", "time"}
"""Types whose order is the same for everybody (enums and uuids may sort either way)."""


def good_value(blueprint: Blueprint, field: EntityField, number: int) -> JsonValue:
    """The JSON form of a valid value. Another `number` gives another value where the type can.

    Args:
        blueprint: for enums and formats.
        field: not a foreign key.
        number: 0, 1, 2, ...; strings, dates and unbounded numbers grow with it.
    """
    match field.type:
        case "string" | "text":
            return _text(field, number)
        case "integer" | "bigint" | "float":
            return _number(field, number)
        case "decimal":
            return decimal_json(blueprint, _decimal(field, number))
        case "enum":
            values = blueprint.enum(field.enum or "").values
            return values[number % len(values)]
        case "array":
            return [good_value(blueprint, _element(field), number)]
        case _:
            return _plain(field, number)


def distinct_values(
    blueprint: Blueprint, field: EntityField, count: int, start: int = 1
) -> list[JsonValue]:
    """Up to `count` different valid values, in ascending order for `ORDERED` types.

    Args:
        blueprint: for enums and formats.
        field: not a foreign key.
        count: how many.
        start: the number of the first, as `good_value` takes it.
    """
    found: list[JsonValue] = []
    for number in range(start, start + 4 * count):
        value = good_value(blueprint, field, number)
        if value not in found:
            found.append(value)
    if field.type == "decimal":
        found.sort(key=lambda value: Decimal(str(value)))
    elif field.type in ORDERED:
        found.sort(key=_sort_key)
    return found[:count]


def flaws(blueprint: Blueprint, field: EntityField) -> dict[str, JsonValue]:
    """Invalid values of a field, by what is wrong with them."""
    found: dict[str, JsonValue] = {}
    if not field.nullable:
        found["null"] = None
    if field.type != "jsonb":
        found["wrong_type"] = _wrong_type(field)
    if field.type in ("string", "text"):
        found |= _text_flaws(field)
    elif field.type in NUMBERS:
        found |= _number_flaws(blueprint, field)
    return found


def decimal_json(blueprint: Blueprint, value: Decimal) -> JsonValue:
    """A decimal as the API's convention writes it."""
    return str(value) if blueprint.conventions.formats.decimal == "string" else float(value)


def same_value(field: EntityField, sent: JsonValue, got: JsonValue) -> bool:
    """Whether an answer holds the value that was sent, whatever its notation."""
    if sent is None or got is None:
        return sent is got
    match field.type:
        case "decimal":
            return Decimal(str(sent)) == Decimal(str(got))
        case "float":
            return math.isclose(float(str(sent)), float(str(got)))
        case "timestamptz":
            return datetime.fromisoformat(str(sent)) == datetime.fromisoformat(str(got))
        case "interval" | "time":
            return True  # many notations, none of which the Blueprint chooses
        case "string" if field.format in ("email", "url"):
            sent, got = str(sent).casefold().rstrip("/"), str(got).casefold().rstrip("/")
    return sent == got


def _sort_key(value: JsonValue) -> tuple[float, str]:
    return (value, "") if isinstance(value, int | float) else (0, str(value))


def _text(field: EntityField, number: int) -> str:
    word = field.name.replace("_", "")
    if field.format == "email":
        return f"{word}{number:06d}@example.com"
    if field.format == "url":
        return f"https://example.com/{word}{number:06d}"
    if field.pattern is not None:
        places = find_places(field.pattern, field.min_length or 0, field.max_length)
        return matching_text(places or [], number)
    longest = field.max_length or 255
    text = f"{word}{number:06d}"[-longest:]
    return text.rjust(field.min_length or 1, "x")


def _bounds(field: EntityField) -> tuple[int, int]:
    low = math.ceil(field.minimum) if field.minimum is not None else None
    high = math.floor(field.maximum) if field.maximum is not None else None
    if field.type == "decimal" and field.precision:
        top = 10 ** (field.precision - (field.scale or 0)) - 1
        high = top if high is None else min(high, top)
    if low is None:
        low = 1 if high is None or high >= 1 else high - 1000
    return low, low + 1_000_000 if high is None else high


def _number(field: EntityField, number: int) -> int:
    low, high = _bounds(field)
    return low + number % max(1, high - low + 1)


def _decimal(field: EntityField, number: int) -> Decimal:
    low, high = _bounds(field)
    if low > high:  # no whole number between the bounds
        return Decimal(str(field.minimum))
    whole = Decimal(low + number % max(1, high - low))
    cents = Decimal(number % 10) / 10 if field.scale and low < high else Decimal(0)
    return (whole + cents).quantize(Decimal(1).scaleb(-(field.scale or 0)))


def _plain(field: EntityField, number: int) -> JsonValue:
    moment = FIRST_DAY + timedelta(minutes=number)
    values: dict[str, JsonValue] = {
        "boolean": number % 2 == 0,
        "date": (date(2026, 1, 1) + timedelta(days=number % 5000)).isoformat(),
        "time": moment.time().isoformat(),
        "timestamptz": moment.isoformat().replace("+00:00", "Z"),
        "interval": f"PT{number % 5000 + 1}M",
        "uuid": str(UUID(int=NAMESPACE + number)),
        "jsonb": {"number": number},
        "bytes": base64.b64encode(_text(field, number).encode()).decode(),
    }
    return values[field.type]


def _element(field: EntityField) -> EntityField:
    return EntityField(
        name=field.name,
        type=field.item_type or "text",
        enum=field.enum if field.item_type == "enum" else None,
        max_length=field.max_length,
    )


def _wrong_type(field: EntityField) -> JsonValue:
    if field.type in ("string", "text", "bytes"):
        return {"not": "a string"}
    return "neither-this-nor-that"


def _text_flaws(field: EntityField) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    if field.max_length:
        found["too_long"] = "x" * (field.max_length + 1)
    if field.min_length:
        found["too_short"] = "x" * (field.min_length - 1)
    if field.format:
        found["bad_format"] = "Neither mail, address nor slug!"[: field.max_length]
    if field.pattern is not None:
        refused = refused_text(field.pattern, field.min_length or 0, field.max_length)
        found |= {"no_match": refused} if refused is not None else {}
    return found


def _number_flaws(blueprint: Blueprint, field: EntityField) -> dict[str, JsonValue]:
    step = Decimal(1).scaleb(-(field.scale or 0)) if field.type == "decimal" else Decimal(1)
    values: dict[str, Decimal] = {}
    if field.minimum is not None:
        values["too_small"] = Decimal(str(field.minimum)) - step
    if field.maximum is not None:
        values["too_large"] = Decimal(str(field.maximum)) + step
    elif field.type in INTEGER_TOP:
        values["overflow"] = Decimal(INTEGER_TOP[field.type] + 1)
    elif field.type == "decimal" and field.precision:
        values["overflow"] = Decimal(10) ** (field.precision - (field.scale or 0))
    return {name: _as_json(blueprint, field, value) for name, value in values.items()}


def _as_json(blueprint: Blueprint, field: EntityField, value: Decimal) -> JsonValue:
    if field.type == "decimal":
        return decimal_json(blueprint, value)
    return float(value) if field.type == "float" else int(value)


def text_with(field: EntityField, words: Sequence[str]) -> str:
    """A valid text that holds these words, for searching."""
    longest = field.max_length or 255
    return " ".join(words)[:longest].rjust(field.min_length or 1, "x")
