"""Merges what a model says about a backend into the Blueprint.

A part of a name that exists is patched: keys that are left out keep their value. Lists replace
lists, but an entity's fields are merged by name. Fields, access and transitions may be written in
the shorthand of `tools/blueprint/shorthand.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
}
"""Section -> the keys that tell its parts apart."""

_SHORTHAND: dict[str, dict[str, Callable[[str], JsonObject]]] = {
    "entities": {"fields": parse_field},
    "endpoints": {"access": parse_access},
    "rules": {"transitions": parse_transition},
}
"""Section -> the keys whose strings have a grammar."""

_STATUS = {"create": 201, "register": 201, "delete": 204, "logout": 204}
"""Operation -> status of success, where it is not 200."""


def merge_parts(blueprint: Blueprint, update: Mapping[str, JsonValue]) -> Blueprint:
    """The Blueprint with those sections merged in.

    Args:
        blueprint: what to merge into.
        update: section -> list of parts, object, or value, as in `Blueprint`.

    Raises:
        ValueError: something does not fit; one line a problem, naming the part.
    """
    data: JsonObject = blueprint.model_dump(mode="json")
    problems: list[str] = []
    for section, value in update.items():
        if section in _IDENTITY:
            new = _read_parts(section, cast(Sequence[JsonValue], value), problems)
            data[section] = _upsert(section, cast(list[JsonObject], data[section]), new)
        else:
            data[section] = _merge_value(data.get(section), value)
    if problems:
        raise ValueError("\n".join(problems))
    try:
        return _add_keys(Blueprint.model_validate(data))
    except ValidationError as error:
        raise ValueError(explain_errors(error, data)) from error


def remove_parts(blueprint: Blueprint, names: Iterable[str]) -> Blueprint:
    """The Blueprint without the parts of those names. Raises ValueError for an unknown one."""
    gone = set(map(_spelled, names))
    _require_known(blueprint, gone)
    return map_parts(blueprint, lambda name, part: None if name in gone else part)


def add_requirements(blueprint: Blueprint, covers: Mapping[str, Sequence[str]]) -> Blueprint:
    """The Blueprint whose parts also name these requirements.

    Args:
        blueprint: what to change.
        covers: R-id -> names of the parts that satisfy it.

    Raises:
        ValueError: an unknown part or requirement.
    """
    known = {requirement.id for requirement in blueprint.requirements}
    if unknown := sorted(set(covers) - known):
        raise ValueError(f"no such requirement: {', '.join(unknown)}")
    wanted = {rid: set(map(_spelled, names)) for rid, names in covers.items()}
    _require_known(blueprint, set().union(*wanted.values()))

    def extend(name: str, part: Traced) -> Traced:
        added = [rid for rid, names in wanted.items() if name in names]
        merged = tuple(dict.fromkeys([*part.requirements, *added]))
        return part.model_copy(update={"requirements": merged})

    return map_parts(blueprint, extend)


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


def _require_known(blueprint: Blueprint, names: set[str]) -> None:
    known = named_parts(blueprint)
    unknown = sorted(names - set(known))
    if not unknown:
        return
    near = get_close_matches(unknown[0], known, n=3)
    guess = f"did you mean {', '.join(map(repr, near))}?" if near else "see show_blueprint"
    raise ValueError(f"no part is called {', '.join(map(repr, unknown))}; {guess}")


def _read_parts(
    section: str, values: Sequence[JsonValue], problems: list[str]
) -> Iterable[JsonObject]:
    for value in values:
        if isinstance(value, str) and section == "roles":
            yield {"name": value}
        elif isinstance(value, dict):
            yield _expand(section, value, problems)
        else:
            problems.append(f"- {section}: expected an object, got {value!r:.80}")


def _expand(section: str, part: JsonObject, problems: list[str]) -> JsonObject:
    """The part with its shorthand spelled out."""
    expanded = dict(part)
    for key, read in _SHORTHAND.get(section, {}).items():
        if key not in part:
            continue
        try:
            expanded[key] = _read_shorthand(part[key], read)
        except ValueError as error:
            label = part.get("name") or part.get("path") or part.get("entity") or "?"
            problems.append(f"- {section}.{label}.{key}: {error}")
    return expanded


def _read_shorthand(value: JsonValue, read: Callable[[str], JsonObject]) -> JsonValue:
    if isinstance(value, str):
        return read(value)
    if isinstance(value, list):
        return [read(item) if isinstance(item, str) else item for item in value]
    return value


def _upsert(section: str, old: list[JsonObject], new: Iterable[JsonObject]) -> JsonValue:
    keys = _IDENTITY[section]
    merged = {tuple(part.get(key) for key in keys): part for part in old}
    for part in new:
        identity = tuple(part.get(key) for key in keys)
        before = merged.get(identity) or _new_part(section, part)
        after = before | part
        if section == "entities" and isinstance(part.get("fields"), list):
            after["fields"] = _merge_fields(before.get("fields"), part["fields"])
        merged[identity] = after
    return cast(JsonValue, list(merged.values()))


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
