"""What a PostgreSQL column is in the Blueprint: its type, default and simple checks."""

import re

from pydantic import JsonValue

from tools.blueprint.model import EntityField, FieldType
from tools.schema.model import Check, Column, DatabaseSchema

_TYPES: dict[str, FieldType] = {
    "varchar": "string", "character varying": "string", "char": "string", "character": "string",
    "text": "text", "citext": "text", "integer": "integer", "int": "integer", "int4": "integer",
    "smallint": "integer", "int2": "integer", "bigint": "bigint", "int8": "bigint",
    "numeric": "decimal", "decimal": "decimal", "real": "float", "float4": "float",
    "double precision": "float", "float8": "float", "boolean": "boolean", "bool": "boolean",
    "date": "date", "time": "time", "time without time zone": "time", "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz", "timestamp": "timestamptz",
    "timestamp without time zone": "timestamptz", "interval": "interval", "uuid": "uuid",
    "jsonb": "jsonb", "json": "jsonb", "bytea": "bytes",
}  # fmt: skip
_SIZED = re.compile(
    r"(?P<word>[a-z][a-z0-9 ]*?)(?:\((?P<a>\d+)(?:,\s*(?P<b>\d+))?\))?(?P<rest>[a-z0-9 ]*)"
)
_UUID_CALLS = frozenset({"gen_random_uuid()", "uuid_generate_v4()", "uuidv7()", "uuidv4()"})
_NOW = re.compile(r"now\(\)|current_timestamp|localtimestamp", re.IGNORECASE)


def column_field(column: Column, schema: DatabaseSchema) -> EntityField | None:
    """The column as a field without keys, or None when its type has no counterpart."""
    field = _typed(column.type, schema)
    if field is None:
        return None
    update: dict[str, object] = {"name": column.name, "nullable": column.nullable}
    if column.identity:
        update |= {"generated": "identity", "writable": "never"}
    if column.generated:
        update |= {"writable": "never"}
    if column.default is not None:
        update |= _default(field, column.default)
    return field.model_copy(update=update | {"description": column.comment})


def apply_check(field: EntityField, check: Check) -> EntityField | None:
    """The field with the bounds of a check such as `price >= 0`, or None for any other check."""
    name = re.escape(field.name)
    text = check.expression
    if match := re.fullmatch(rf"{name} (>=|>|<=|<) \(?(-?\d+(?:\.\d+)?)\)?", text):
        return field.model_copy(update=_bound(field, match[1], float(match[2])))
    if match := re.fullmatch(rf"(?:char_)?length\({name}\) (>=|>|<=|<) (\d+)", text):
        length = int(match[2]) + {">": 1, "<": -1}.get(match[1], 0)
        side = "min_length" if match[1].startswith(">") else "max_length"
        return field.model_copy(update={side: length})
    if match := re.fullmatch(rf"{name} BETWEEN (-?[\d.]+) AND (-?[\d.]+)", text):
        bounds = {"minimum": float(match[1]), "maximum": float(match[2])}
        return field.model_copy(update=bounds)
    return None


def read_values(check: Check) -> tuple[str, tuple[str, ...]] | None:
    """The column and its values when the check lists texts: `state IN ('open', 'closed')`."""
    text, casts = check.expression, 1
    while casts:
        text, casts = re.subn(r"CAST\(([^()]*) AS [\w \[\]]+\)", r"\1", text)
    pattern = r"(\w+) (?:IN \(|= ANY\(ARRAY\[)((?:'[^']+'(?:, )?)+)\]?\)"
    match = re.fullmatch(pattern, text)
    return (match[1], tuple(re.findall(r"'([^']+)'", match[2]))) if match else None


def _typed(text: str, schema: DatabaseSchema) -> EntityField | None:
    if text.endswith("[]"):
        item = _typed(text[:-2], schema)
        if item is None or item.type == "array":
            return None
        return item.model_copy(update={"type": "array", "item_type": item.type})
    bare = text.rpartition(".")[2].strip('"')
    if bare in {enum.name for enum in schema.enums}:
        named = re.fullmatch(r"[a-z][a-z0-9_]{0,62}", bare)
        return EntityField(name="x", type="enum", enum=bare) if named else None
    for domain in schema.domains:
        if domain.name == bare:
            return _typed(domain.type, schema)
    match = _SIZED.fullmatch(text.lower())
    kind = _TYPES.get((match["word"] + match["rest"]).strip()) if match else None
    if match is None or kind is None:
        return None
    size: dict[str, object] = {}
    if kind == "string":
        size = {"max_length": int(match["a"])} if match["a"] else {"type": "text"}
    elif kind == "decimal" and match["a"]:
        size = {"precision": int(match["a"]), "scale": int(match["b"] or 0)}
    return EntityField(name="x", type=kind).model_copy(update=size)


def _default(field: EntityField, text: str) -> dict[str, object]:
    if text.lower() in _UUID_CALLS:
        return {"generated": "uuid", "writable": "never"}
    if _NOW.fullmatch(text):
        return {"generated": "now", "writable": "never"}
    if text.lower().startswith("nextval("):
        return {"generated": "identity", "writable": "never"}
    cast = re.fullmatch(r"CAST\((.*) AS [\w. \"\[\](),]+\)", text) or re.fullmatch(
        r"('(?:[^']|'')*')::[\w. \"\[\](),]+", text
    )
    value = _literal(field, cast[1] if cast else text)
    return {} if value is None else {"default": value}


def _literal(field: EntityField, text: str) -> JsonValue:
    """The value of a constant, or None for an expression."""
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    if match := re.fullmatch(r"'((?:[^']|'')*)'", text):
        return match[1].replace("''", "'") if field.type not in {"jsonb", "array"} else None
    if re.fullmatch(r"-?\d+", text) and field.type in {"integer", "bigint"}:
        return int(text)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text if field.type == "decimal" else float(text)
    return None


def _bound(field: EntityField, sign: str, number: float) -> dict[str, object]:
    step = 10.0 ** -(field.scale or 0) if field.type == "decimal" else 1.0
    number += {">": step, "<": -step}.get(sign, 0.0)
    return {"minimum" if sign.startswith(">") else "maximum": number}
