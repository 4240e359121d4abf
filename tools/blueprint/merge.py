"""Merges what a model says about a backend into the Blueprint.

A part of a name that exists is patched: keys that are left out keep their value. Lists replace
lists, but an entity's fields are merged by name. Fields, access and transitions may be written in
the shorthand of `tools/blueprint/shorthand.py`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from pydantic import JsonValue, ValidationError

from tools.blueprint.explain import explain_errors
from tools.blueprint.model import Blueprint, EntityField, Traced
from tools.blueprint.parts import map_parts, named_parts
from tools.blueprint.shorthand import JsonObject, parse_access, parse_field, parse_transition

_IDENTITY: dict[str, tuple[str, ...]] = {
    "entities": ("name",),
    "enums": ("name",),
    "roles": ("name",),
    "endpoints": ("method", "path"),
    "rules": ("kind", "entity", "field", "amount", "per", "name"),
    "outbound": ("name",),
    "scenarios": ("name",),
    "tests": ("name",),
}
"""Section -> the keys that tell its parts apart."""

_SHORTHAND: dict[str, dict[str, Callable[[str], JsonObject]]] = {
    "entities": {"fields": parse_field},
    "endpoints": {"access": parse_access},
    "rules": {"transitions": parse_transition},
}
"""Section -> the keys whose strings have a grammar."""

_STATUS = {
    "create": 201,
    "bulk_create": 201,
    "register": 201,
    "delete": 204,
    "bulk_delete": 204,
    "logout": 204,
}
"""Operation -> status of success, where it is not 200."""


@dataclass(frozen=True)
class Merge:
    """A Blueprint with those parts of an update that fit."""

    blueprint: Blueprint
    refused: tuple[str, ...]
    """What was left out and why, one line a problem, naming the part."""


def merge_parts(blueprint: Blueprint, update: Mapping[str, JsonValue]) -> Merge:
    """Merge sections into the Blueprint; a part that does not fit is left out, whole.

    Args:
        blueprint: what to merge into.
        update: section -> list of parts, object, or value, as in `Blueprint`.
    """
    before: JsonObject = blueprint.model_dump(mode="json")
    data = deepcopy(before)
    refused: list[str] = []
    for section, value in update.items():
        if section in _IDENTITY:
            new = list(_read_parts(section, cast(Sequence[JsonValue], value), refused))
            data[section] = _upsert(section, cast(list[JsonObject], data[section]), new)
        else:
            data[section] = _merge_value(data.get(section), value)
    while True:
        try:
            return Merge(_add_keys(Blueprint.model_validate(data)), tuple(dict.fromkeys(refused)))
        except ValidationError as error:
            refused += explain_errors(error, data)
            _take_back(data, before, error)


def _take_back(data: JsonObject, before: JsonObject, error: ValidationError) -> None:
    """Undo the changes that the error names: parts of lists, keys of objects, else the section."""
    places = {problem["loc"] for problem in error.errors(include_url=False)}
    for section in {str(place[0]) for place in places}:
        if section not in _IDENTITY or (section,) in places:
            _take_back_keys(data, before, section, places)
            continue
        keys, parts = _IDENTITY[section], cast(list[JsonObject], data[section])
        old = {_identify(part, keys): part for part in cast(list[JsonObject], before[section])}
        wrong = {place[1] for place in places if place[0] == section}
        data[section] = [
            old.get(_identify(part, keys)) if index in wrong else part
            for index, part in enumerate(parts)
            if index not in wrong or _identify(part, keys) in old
        ]


def _take_back_keys(
    data: JsonObject, before: JsonObject, section: str, places: set[tuple[int | str, ...]]
) -> None:
    """Undo the keys of an object that are wrong; all of it where that changes nothing."""
    sent = deepcopy(data[section])
    for place in places:
        if place[0] == section and place[1:]:
            _take_back_key(data, before, place)
    if data[section] == sent or not isinstance(before[section], dict):
        data[section] = before[section]


def _take_back_key(data: JsonValue, before: JsonValue, place: tuple[int | str, ...]) -> None:
    key, rest = str(place[0]), place[1:]
    if not isinstance(data, dict) or key not in data:
        return
    old = before.get(key) if isinstance(before, dict) else None
    if rest and isinstance(data[key], dict) and isinstance(old, dict):
        _take_back_key(data[key], old, rest)
    elif isinstance(before, dict) and key in before:
        data[key] = old
    else:
        del data[key]


def remove_parts(blueprint: Blueprint, names: Iterable[str]) -> Merge:
    """The Blueprint without the parts of those names."""
    gone = set(map(_spelled, names))
    removed = map_parts(blueprint, lambda name, part: None if name in gone else part)
    return Merge(removed, tuple(_unknown_parts(blueprint, gone)))


def add_requirements(blueprint: Blueprint, covers: Mapping[str, Sequence[str]]) -> Merge:
    """The Blueprint whose parts also name these requirements.

    Args:
        blueprint: what to change.
        covers: R-id -> names of the parts that satisfy it.
    """
    known = {requirement.id for requirement in blueprint.requirements}
    wanted = {rid: set(map(_spelled, names)) for rid, names in covers.items() if rid in known}

    def extend(name: str, part: Traced) -> Traced:
        added = [rid for rid, names in wanted.items() if name in names]
        merged = tuple(dict.fromkeys([*part.requirements, *added]))
        return part.model_copy(update={"requirements": merged})

    unknown = [f"- covers: no such requirement: {rid}" for rid in covers if rid not in known]
    strangers = _unknown_parts(blueprint, set().union(*wanted.values()))
    return Merge(map_parts(blueprint, extend), (*unknown, *strangers))


def _add_keys(blueprint: Blueprint) -> Blueprint:
    """Give every entity that names no primary key of its own the usual `id`."""
    id_type = blueprint.conventions.formats.id_type
    key = EntityField(
        name="id",
        type=id_type,
        generated="uuid" if id_type == "uuid" else "identity",
        writable="never",
    )
    entities = tuple(
        entity.model_copy(update={"fields": (key, *entity.fields)})
        if entity.primary_key == ("id",) and all(field.name != "id" for field in entity.fields)
        else entity
        for entity in blueprint.entities
    )
    return blueprint.model_copy(update={"entities": entities})


def _spelled(name: str) -> str:
    """The name as `part_name` has it; a problem's text says `endpoint POST /orders`."""
    return " ".join(name.split()).removeprefix("endpoint ")


def _unknown_parts(blueprint: Blueprint, names: set[str]) -> Iterator[str]:
    known = named_parts(blueprint)
    for name in sorted(names - set(known)):
        near = get_close_matches(name, known, n=3)
        guess = f"did you mean {', '.join(map(repr, near))}?" if near else "see show_blueprint"
        yield f"- no part is called {name!r}; {guess}"


def _read_parts(
    section: str, values: Sequence[JsonValue], problems: list[str]
) -> Iterator[JsonObject]:
    for value in values:
        if isinstance(value, str) and section == "roles":
            yield {"name": value}
        elif isinstance(value, dict):
            yield from _expand(section, value, problems)
        else:
            problems.append(f"- {section}: expected an object, got {value!r:.80}")


def _expand(section: str, part: JsonObject, problems: list[str]) -> Iterator[JsonObject]:
    """The part with its shorthand spelled out; nothing when that cannot be read."""
    expanded, wrong = dict(part), []
    for key, read in _SHORTHAND.get(section, {}).items():
        if key not in part:
            continue
        try:
            expanded[key] = _read_shorthand(part[key], read)
        except ValueError as error:
            label = part.get("name") or part.get("path") or part.get("entity") or "?"
            wrong.append(f"- {section}.{label}.{key}: {error}")
    problems += wrong
    if not wrong:
        yield expanded


def _read_shorthand(value: JsonValue, read: Callable[[str], JsonObject]) -> JsonValue:
    if isinstance(value, str):
        return read(value)
    if isinstance(value, list):
        return [read(item) if isinstance(item, str) else item for item in value]
    return value


def _upsert(section: str, old: list[JsonObject], new: Iterable[JsonObject]) -> JsonValue:
    keys = _IDENTITY[section]
    merged = {_identify(part, keys): part for part in old}
    for part in new:
        identity = _identify(part, keys)
        before = merged.get(identity) or _new_part(section, part)
        after = before | part
        if section == "entities" and isinstance(part.get("fields"), list):
            after["fields"] = _merge_fields(before.get("fields"), part["fields"])
        merged[identity] = after
    return cast(JsonValue, list(merged.values()))


def _identify(part: JsonObject, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(json.dumps(part.get(key)) for key in keys)


def _new_part(section: str, part: JsonObject) -> JsonObject:
    """What a part has that its data leaves out and the model's defaults cannot know."""
    if section != "endpoints":
        return {}
    return {"status": _STATUS.get(str(part.get("operation")), 200)}


def _merge_fields(old: JsonValue, new: JsonValue) -> JsonValue:
    """Fields by name; a new one replaces the old but keeps its spec line and requirements."""
    merged = {field["name"]: field for field in cast(list[JsonObject], old or [])}
    for field in cast(list[JsonObject], new):
        if not isinstance(field, dict) or "name" not in field:
            return new  # not fields at all; validation says what they should be
        before = merged.get(field["name"], {})
        traced: JsonObject = {k: before[k] for k in ("line", "requirements") if k in before}
        merged[field["name"]] = traced | field
    return cast(JsonValue, list(merged.values()))


def _merge_value(old: JsonValue, new: JsonValue) -> JsonValue:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: _merge_value(old.get(key), value) for key, value in new.items()}
    if isinstance(old, list) and isinstance(new, list):
        return old + [item for item in new if item not in old]
    return new
