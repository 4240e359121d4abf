"""What the steps of a scenario hand on: `{{name}}` in requests, dotted paths into answers.

`{{today}}`, `{{today+14}}` and `{{today-20}}` are dates in UTC, so many days from this one.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

PLACE = re.compile(r"{{\s*(\w+|today[+-]\d{1,5})\s*}}")


def fill(value: JsonValue, saved: Mapping[str, JsonValue]) -> JsonValue:
    """The value with `{{name}}` replaced; a string that is nothing else gets the saved type.

    Raises:
        AssertionError: no earlier step saved that name.
    """
    if isinstance(value, dict):
        return {key: fill(inner, saved) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, saved) for inner in value]
    if not isinstance(value, str):
        return value
    whole = PLACE.fullmatch(value)
    if whole:
        return _saved(whole, saved)
    return PLACE.sub(lambda found: str(_saved(found, saved)), value)


def look(body: JsonValue, path: str) -> JsonValue:
    """The value at a dotted path (`items.0.id`); `items.#` counts, `items.#.id` lists, "" is all.

    Raises:
        AssertionError: there is none.
    """
    found = body
    parts = path.split(".") if path else []
    for position, part in enumerate(parts):
        if isinstance(found, list) and part == "#":
            rest = ".".join(parts[position + 1 :])
            return [look(one, rest) for one in found] if rest else len(found)
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            raise AssertionError(f"the answer has nothing at {path!r}")
    return found


def has(body: JsonValue, path: str) -> bool:
    """Whether there is anything at a dotted path, even a null."""
    try:
        look(body, path)
    except AssertionError:
        return False
    return True


def _saved(place: re.Match[str], saved: Mapping[str, JsonValue]) -> JsonValue:
    if place[1].startswith("today") and place[1] not in saved:
        days = int(place[1].removeprefix("today") or 0)
        return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()
    if place[1] not in saved:
        raise AssertionError(f"no earlier step saved {place[1]!r}")
    return saved[place[1]]
