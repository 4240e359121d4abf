"""A property that several schemas describe (`Book`, `BookCreate`, a PATCH body), as one field."""

from collections.abc import Sequence
from dataclasses import replace

from agent.intake.openapi_schema import FieldReading
from tools.blueprint.model import EntityField

_RULES = (
    "format", "pattern", "min_length", "max_length", "minimum", "maximum", "default", "precision",
    "scale", "description",
)  # fmt: skip
_VAGUE = {"text": 0, "jsonb": 0, "string": 1, "float": 1, "integer": 1}
"""Types that another description of the same property may make more exact."""


def merge_readings(readings: Sequence[FieldReading]) -> FieldReading:
    """The first reading, with the rules and the exacter type that the others add.

    Answers rarely repeat what bodies must keep to: `title: {type: string}` of a `Book` has the
    lengths of `BookCreate`. Where two state the same rule, the first counts.
    """
    merged = readings[0]
    for other in readings[1:]:
        if other.child or merged.child:
            continue
        exacter = _exactness(other.field) > _exactness(merged.field)
        first, second = (other, merged) if exacter else (merged, other)
        kept = merged.field.model_dump(include={"nullable", "writable", "readable"})
        added = _added(first.field, second.field)
        merged = replace(
            first,
            field=first.field.model_copy(update={**added, **kept}),
            open=tuple(dict.fromkeys([*merged.open, *other.open])),
        )
    return merged


def _exactness(field: EntityField) -> int:
    return _VAGUE.get(field.type, 2)


def _added(field: EntityField, other: EntityField) -> dict[str, object]:
    """The rules of another reading that the field lacks and its type can have."""
    alike = field.type == other.type or {field.type, other.type} <= {"text", "string"}
    names = _RULES if alike else ("default", "description")
    fitting = alike or other.default is None
    return {
        name: value
        for name in names
        if getattr(field, name) in (None, "")
        and (value := getattr(other, name)) not in (None, "")
        and (fitting or name != "default")
    }
