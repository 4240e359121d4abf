"""The words of a quota: which rows count, per what, and how many."""

import re
from typing import TypedDict

from agent.intake.vocabulary import (
    Entities,
    EnumValues,
    bare_words,
    enum_fields,
    find_entity,
    find_field,
    link,
)
from tools.blueprint.model import Entity, EntityField
from tools.blueprint.words import singular, snake_case

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Limits(TypedDict, total=False):
    """How many, as `QuotaRule` has it."""

    limit: int
    limit_field: str


def counted_rows(
    words: str, entities: Entities, enums: EnumValues
) -> tuple[Entity, str | None, tuple[str, ...]]:
    """`open or late loans`: the entity, and the enum field and its values that say which count.

    Raises:
        LookupError: the words name no entity, or a state that it has not.
    """
    parts = bare_words(words).split()
    for cut in range(len(parts)):
        try:
            entity = find_entity(" ".join(parts[cut:]), entities)
        except LookupError:
            continue
        if cut == 0:
            return entity, None, ()
        states = " ".join(parts[:cut])
        for name in sorted(enum_fields(entity)):
            try:
                field, values = states_said(name, states, entity, enums)
            except LookupError:
                continue
            return entity, field, values
        raise LookupError(states)
    raise LookupError(words)


def states_said(
    field: str, states: str, entity: Entity, enums: EnumValues
) -> tuple[str, tuple[str, ...]]:
    """The enum field, and the values that `open or late` names. Raises LookupError."""
    found = find_field(field, entity)
    spelled = {snake_case(value): value for value in enums.get(found.enum or "", ())}
    names = [snake_case(part) for part in re.split(r",|\bor\b|\band\b", states) if part.strip()]
    if not names or any(name not in spelled for name in names):
        raise LookupError(states)
    return found.name, tuple(spelled[name] for name in names)


def foreign_key(words: str, entity: Entity, entities: Entities) -> str:
    """The foreign key that `member` or `book` means: by its own name, or by what it leads to."""
    try:
        named = find_field(singular(snake_case(bare_words(words))), entity)
    except LookupError:
        return link(entity, find_entity(words, entities).name)
    if named.references is None:
        raise LookupError(words)
    return named.name


def limit_said(words: str, key: EntityField, entities: Entities) -> Limits:
    """`3`, `three`, or `its capacity` of what the key leads to. Raises LookupError."""
    text = words.strip().lower()
    if text.isdecimal():
        return {"limit": int(text)}
    if text in _NUMBERS:
        return {"limit": _NUMBERS.index(text)}
    target = entities[key.references.entity] if key.references else None
    if target is None:
        raise LookupError(words)
    name = re.sub(r"^(?:its|their|the)\s+|\s+of the \w+$|^\w+\.", "", text)
    return {"limit_field": find_field(name, target).name}
