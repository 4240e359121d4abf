"""Checks of entities, fields, enums and references."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from tools.blueprint.model import Blueprint, Embed, Entity, EntityField
from tools.blueprint.ownership import owner_path
from tools.blueprint.patterns import find_places, matches, pattern_problem
from tools.blueprint.problem import Problem

NUMERIC = frozenset({"integer", "bigint", "decimal", "float"})
TEXTUAL = frozenset({"string", "text"})


def check_entities(blueprint: Blueprint) -> Iterator[Problem]:
    """Every problem of the entities and enums."""
    for enum in blueprint.enums:
        if not enum.values or len(set(enum.values)) != len(enum.values):
            yield Problem(
                f"enum {enum.name}",
                "it has no values or repeats one",
                "Values become a CHECK constraint",
                "list each value once",
                enum.line,
            )
    for entity in blueprint.entities:
        yield from _check_entity(blueprint, entity)
        for field in entity.fields:
            yield from _check_field(blueprint, entity, field)
        for embed in entity.embeds:
            yield from _check_embed(blueprint, entity, embed)


def names_of(entity: Entity) -> set[str]:
    """The names of its fields."""
    return {field.name for field in entity.fields}


def _check_entity(blueprint: Blueprint, entity: Entity) -> Iterator[Problem]:
    where = f"entity {entity.name}"
    while_states = [(*group.fields, group.field) for group in entity.unique_while]
    groups = (entity.primary_key, *entity.unique_together, *entity.indexes, *while_states)
    missing = sorted({name for group in groups for name in group} - names_of(entity))
    if missing or not entity.primary_key:
        yield Problem(
            where,
            f"its keys or indexes name missing fields: {', '.join(missing) or 'no primary key'}",
            "Keys and indexes are made of the entity's own fields",
            f"add the fields, or use some of {', '.join(sorted(names_of(entity))) or 'none'}",
            entity.line,
        )
    yield from _check_states(blueprint, entity)
    if entity.owner:
        try:
            owner_path(blueprint, entity)
        except LookupError as error:
            yield Problem(
                where,
                f"its owner {entity.owner!r} leads nowhere: {error.args[0]}",
                "Ownership is checked by following foreign keys to a user's id",
                "name a field that references the user entity, or a path such as "
                "`order.customer_id`",
                entity.line,
            )


def _check_states(blueprint: Blueprint, entity: Entity) -> Iterator[Problem]:
    enums = {enum.name: enum.values for enum in blueprint.enums}
    for group in entity.unique_while:
        named = [field for field in entity.fields if field.name == group.field]
        known = enums.get(named[0].enum or "", ()) if named else group.values
        if not group.values or set(group.values) - set(known):
            yield Problem(
                f"entity {entity.name}",
                f"unique while {group.field} is {' or '.join(group.values) or 'nothing'}",
                "The states are values of an enum field",
                f"use some of {', '.join(known) or 'the values of an enum field'}",
                entity.line,
            )


def _check_field(blueprint: Blueprint, entity: Entity, field: EntityField) -> Iterator[Problem]:
    where, line = f"entity {entity.name}.{field.name}", field.line or entity.line
    for what, why, fix in (
        *_type_problems(blueprint, field),
        *_bound_problems(field),
        *_pattern_problems(field),
    ):
        yield Problem(where, what, why, fix, line)
    if field.generated == "caller" and field.writable != "never":
        yield Problem(
            where,
            "it is filled with the caller's id but clients may write it",
            "A client could act in another user's name",
            'set writable to "never"',
            line,
        )
    roles = {role.name for role in blueprint.roles}
    if unknown := sorted({*field.readers, *field.writers} - roles):
        yield Problem(
            where,
            f"its readers or writers are no roles: {', '.join(unknown)}",
            "Visibility is decided by role",
            f"use some of {', '.join(sorted(roles)) or 'the roles to be added'}",
            line,
        )
    if field.default is not None and not _fits(blueprint, field, field.default):
        yield Problem(
            where,
            f"the default {field.default!r} does not fit type {field.type}",
            "The database would refuse it",
            "use a value of that type (enums: one of their values; decimals: a string)",
            line,
        )
    yield from _check_reference(blueprint, field, where, line)


def _type_problems(blueprint: Blueprint, field: EntityField) -> Iterator[tuple[str, str, str]]:
    enums = {enum.name for enum in blueprint.enums}
    if field.type == "string" and field.max_length is None:
        yield (
            "a string without max_length",
            "The column is varchar(n)",
            "set max_length, or type text",
        )
    if "enum" in {field.type, field.item_type} and field.enum not in enums:
        known = ", ".join(sorted(enums)) or "none yet"
        yield (
            f"no enum {field.enum!r} is defined",
            "An enum field takes its values from an enum",
            f"add the enum or name one that exists ({known})",
        )
    if field.type == "array" and field.item_type in {None, "array"}:
        yield "an array without an item type", "Columns hold arrays of one type", "set item_type"
    if field.type == "decimal" and not (field.precision or 0) >= (field.scale or 0):
        yield "its scale exceeds its precision", "numeric(p,s) needs p >= s", "correct the two"


def _bound_problems(field: EntityField) -> Iterator[tuple[str, str, str]]:
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield "its minimum exceeds its maximum", "No value could be valid", "correct the bounds"
    if (field.min_length or 0) > (field.max_length or (field.min_length or 0)):
        yield "min_length exceeds max_length", "No value could be valid", "correct the lengths"
    if (field.minimum, field.maximum) != (None, None) and field.type not in NUMERIC:
        yield (
            "bounds on a field that is no number",
            "They compare numbers",
            "use min_length/max_length",
        )
    if (field.min_length or field.format) and field.type not in TEXTUAL:
        yield "a length or format on a field that is no text", "They describe text", "remove them"


def _pattern_problems(field: EntityField) -> Iterator[tuple[str, str, str]]:
    if field.pattern is None:
        return
    if field.type not in TEXTUAL or field.format:
        yield (
            f"a pattern beside {f'the format {field.format}' if field.format else field.type}",
            "A pattern describes text, and a format is one already",
            "keep one of the two",
        )
    elif problem := pattern_problem(field.pattern):
        yield (
            f"its pattern {field.pattern!r} cannot be used: {problem}",
            "Matching must take linear time, so look-around and backreferences are refused",
            "write it without them, or say the rule as a custom rule",
        )
    elif find_places(field.pattern, field.min_length or 0, field.max_length) is None:
        yield (
            f"no text of its length was found that matches {field.pattern!r}",
            "Tests need values that are accepted",
            "correct the pattern or the lengths, or write the pattern in a simpler form",
        )


def _check_reference(
    blueprint: Blueprint, field: EntityField, where: str, line: int | None
) -> Iterator[Problem]:
    reference = field.references
    if reference is None:
        return
    target = next((e for e in blueprint.entities if e.name == reference.entity), None)
    if target is None or reference.field not in names_of(target):
        yield Problem(
            where,
            f"it references `{reference.entity}.{reference.field}`, which does not exist",
            "A foreign key needs its target",
            f"add it, or reference one of {', '.join(e.name for e in blueprint.entities)}",
            line,
            gap=True,
        )
        return
    key = target.field(reference.field)
    if key.type != field.type:
        yield Problem(
            where,
            f"its type {field.type} differs from `{target.name}.{key.name}` ({key.type})",
            "A foreign key has the type of what it points to",
            f"make it {key.type}",
            line,
        )
    if not (key.unique or target.primary_key == (key.name,)):
        yield Problem(
            where,
            f"`{target.name}.{key.name}` is not unique",
            "PostgreSQL refuses a foreign key to a field that is no key",
            "make that field unique or reference the primary key",
            line,
        )
    if reference.on_delete == "set_null" and not field.nullable:
        yield Problem(
            where,
            "on_delete is set_null but the field is not nullable",
            "Deleting the target would fail",
            "make it nullable, or use restrict or cascade",
            line,
        )


def _check_embed(blueprint: Blueprint, entity: Entity, embed: Embed) -> Iterator[Problem]:
    child = next((e for e in blueprint.entities if e.name == embed.entity), None)
    keys = {f.name: f.references for f in child.fields} if child else {}
    reference = keys.get(embed.via)
    if reference is None or reference.entity != entity.name:
        what = f"`{embed.entity}.{embed.via}` is no foreign key to `{entity.name}`"
        fix = f"name the field of `{embed.entity}` that references `{entity.name}`"
    elif embed.field in names_of(entity):
        what, fix = f"`{embed.field}` is also a field", "give the list another name"
    elif not 0 <= embed.min_items <= embed.max_items:
        what, fix = "min_items exceeds max_items", "correct the two"
    else:
        return
    yield Problem(
        f"entity {entity.name}, embed {embed.field}",
        what,
        "Embedded rows are written and read inside their parent",
        fix,
        entity.line,
    )


def _fits(blueprint: Blueprint, field: EntityField, value: JsonValue) -> bool:
    match field.type:
        case "jsonb":
            fits = True
        case "array":
            fits = isinstance(value, list)
        case "enum":
            values = [enum.values for enum in blueprint.enums if enum.name == field.enum]
            fits = not values or value in values[0]
        case "boolean":
            fits = isinstance(value, bool)
        case "integer" | "bigint":
            fits = isinstance(value, int) and not isinstance(value, bool)
        case "decimal" | "float":
            fits = not isinstance(value, bool) and _is_number(value)
        case _:
            fits = isinstance(value, str) and len(value) <= (field.max_length or len(value))
            fits = fits and _fits_pattern(field, value)
    return fits


def _fits_pattern(field: EntityField, value: JsonValue) -> bool:
    if field.pattern is None or pattern_problem(field.pattern):
        return True
    return matches(field.pattern, str(value))


def _is_number(value: JsonValue) -> bool:
    if isinstance(value, str) and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
