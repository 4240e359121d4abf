"""Checks of fields that are computed: what they are made of exists, and nothing stores them."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Computed, CustomRule, Entity, EntityField, Rule
from tools.blueprint.problem import Problem

Finding = tuple[str, str, str]

_NUMBERS = frozenset({"integer", "bigint", "decimal", "float"})
_MOMENTS = frozenset({"date", "timestamptz"})
_RESULTS = {
    "count": frozenset({"integer", "bigint"}),
    "exists": frozenset({"boolean"}),
    "sum": _NUMBERS,
    "past": frozenset({"boolean"}),
}


def check_computed(blueprint: Blueprint) -> Iterator[Problem]:
    """Every problem of the computed fields."""
    for entity in blueprint.entities:
        for field in entity.fields:
            if field.computed:
                where = f"entity {entity.name}.{field.name}"
                found = (
                    *_storage_findings(blueprint, entity, field),
                    *_source_findings(blueprint, entity, field, field.computed),
                )
                yield from (Problem(where, *finding, field.line) for finding in found)


def _storage_findings(
    blueprint: Blueprint, entity: Entity, field: EntityField
) -> Iterator[Finding]:
    if field.writable != "never":
        yield "it is computed but clients may write it", "It is no column", "make it read only"
    stored = [
        name
        for name in ("unique", "generated", "references", "default")
        if getattr(field, name) not in (None, False)
    ]
    if field.name in _keyed(entity):
        stored.append("an index or key")
    if any(field.name in _ruled(rule) for rule in blueprint.rules if _about(rule, entity)):
        stored.append("a rule")
    if stored:
        yield (
            f"it is computed but has {', '.join(stored)}",
            "Only a column can have that",
            "take it away, or take `computed` away so that it is stored",
        )


def _keyed(entity: Entity) -> set[str]:
    whiles = [(*group.fields, group.field) for group in entity.unique_while]
    groups = (entity.primary_key, *entity.unique_together, *entity.indexes, *whiles)
    return {name for group in groups for name in group}


def _about(rule: Rule, entity: Entity) -> bool:
    return not isinstance(rule, CustomRule) and rule.entity == entity.name


def _ruled(rule: Rule) -> set[str | None]:
    """Names of its entity's fields that a rule reads or writes."""
    return {getattr(rule, key, None) for key in ("field", "amount", "via", "per")}


def _source_findings(
    blueprint: Blueprint, entity: Entity, field: EntityField, computed: Computed
) -> Iterator[Finding]:
    if computed.by == "hand":
        return
    if field.type not in _RESULTS[computed.by]:
        yield (
            f"`computed {computed.by}` on type {field.type}",
            "The expression has a type of its own",
            f"make it {' or '.join(sorted(_RESULTS[computed.by]))}",
        )
    try:
        yield from _row_findings(blueprint, _rows_of(blueprint, entity, computed), computed)
    except KeyError as error:
        yield (
            str(error.args[0]),
            "It is computed from fields that exist",
            "correct the name, or write `computed` alone and the expression by hand",
        )


def _rows_of(blueprint: Blueprint, entity: Entity, computed: Computed) -> Entity:
    """The entity whose rows it is computed from. Raises KeyError when they do not lead here."""
    if computed.by == "past":
        return entity
    child = blueprint.entity(computed.entity or "")
    key = child.field(computed.via or "").references
    if key is None or key.entity != entity.name:
        raise KeyError(f"`{child.name}.{computed.via}` does not point to `{entity.name}`")
    return child


def _row_findings(blueprint: Blueprint, rows: Entity, computed: Computed) -> Iterator[Finding]:
    wanted = {"sum": _NUMBERS, "past": _MOMENTS}.get(computed.by)
    if wanted is not None and rows.field(computed.field or "").type not in wanted:
        yield (
            f"`{rows.name}.{computed.field}` is of another type",
            f"`computed {computed.by}` reads {' or '.join(sorted(wanted))}",
            "name another field",
        )
    if computed.where is None:
        return
    condition = rows.field(computed.where)
    known = blueprint.enum(condition.enum).values if condition.enum else ()
    if computed.values and set(computed.values) - set(known):
        yield (
            f"{computed.where} is never {' or '.join(computed.values)}",
            "Which rows count is said by the values of an enum field, or by null",
            f"use some of {', '.join(known) or 'the values of an enum field'}",
        )
    if condition.computed:
        yield f"{computed.where} is computed too", "Only columns say which rows count", "name one"
