"""What a column means to rows that exist already, when a later migration adds or changes it."""

from tools.blueprint.model import EntityField
from tools.components.columns import array_item, number, quote_column
from tools.components.plan import Plan

_CASTS = {
    "string": "varchar",
    "text": "text",
    "integer": "integer",
    "bigint": "bigint",
    "decimal": "numeric",
    "float": "double precision",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timestamptz": "timestamptz",
    "interval": "interval",
    "uuid": "uuid",
    "jsonb": "jsonb",
    "bytes": "bytea",
    "enum": "varchar",
}
_NEUTRAL = {
    "string": "''",
    "text": "''",
    "boolean": "false",
    "date": "CURRENT_DATE",
    "time": "'00:00'",
    "timestamptz": "now()",
    "interval": "'0'",
    "uuid": "gen_random_uuid()",
    "jsonb": "'{}'",
    "bytes": "''",
    "array": "'{}'",
}
_NUMBERS = frozenset({"integer", "bigint", "decimal", "float"})
UUID_CHARS = 36


def cast_name(field: EntityField, plan: Plan) -> str:
    """The SQL name of the field's type, without a length: too long a text is refused, not cut."""
    if field.type == "array":
        return f"{cast_name(array_item(field), plan)}[]"
    if field.enum in plan.given_enums:
        return quote_column(field.enum or "")
    return _CASTS[field.type]


def fill_value(field: EntityField, plan: Plan) -> str | None:
    """A neutral value for rows that have none, as SQL; None where any value would be a lie.

    A reference has no neutral value, and a unique field only where values can be drawn.
    """
    if field.references is not None:
        return None
    if field.unique:
        return _drawn(field)
    if field.type == "enum":
        value = plan.blueprint.enum(field.enum or "").values[0]
        return "'" + value.replace("'", "''") + "'"
    if field.type in _NUMBERS:
        low = field.minimum if field.minimum is not None else min(0, field.maximum or 0)
        return number(low)
    return _NEUTRAL[field.type]


def _drawn(field: EntityField) -> str | None:
    if field.type == "uuid":
        return "gen_random_uuid()"
    if field.type == "text" or (field.type == "string" and (field.max_length or 255) >= UUID_CHARS):
        return "gen_random_uuid()::text"
    return None
