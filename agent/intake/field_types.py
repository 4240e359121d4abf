"""The grammar of a type cell: `string(100)`, `decimal(10,2)`, `enum(a, b)`, `-> book`, `text[]`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tools.blueprint.model import EntityField, FieldType
from tools.blueprint.words import singular, snake_case

_SPELLINGS: dict[FieldType, str] = {
    "string": "string str varchar char character character-varying phone",
    "text": "text longtext markdown",
    "integer": "integer int int4 smallint int2",
    "bigint": "bigint int8 long",
    "decimal": "decimal numeric money currency",
    "float": "float double real double-precision float8 float4",
    "boolean": "boolean bool flag",
    "date": "date",
    "time": "time",
    "timestamptz": "timestamptz timestamp datetime date-time timestamp-with-time-zone instant",
    "interval": "interval duration",
    "uuid": "uuid guid",
    "jsonb": "jsonb json object",
    "bytes": "bytes bytea binary blob",
}
_TYPES = {word: kind for kind, words in _SPELLINGS.items() for word in words.split()}
_FORMATS = {
    "email": EntityField(name="x", type="string", format="email", max_length=254),
    "url": EntityField(name="x", type="string", format="url", max_length=2048),
    "uri": EntityField(name="x", type="string", format="url", max_length=2048),
    "slug": EntityField(name="x", type="string", format="slug"),
    "serial": EntityField(name="x", type="integer", generated="identity"),
    "bigserial": EntityField(name="x", type="bigint", generated="identity"),
}
_ARROW = re.compile(
    r"(?:(?P<type>\w+)\s*(?:\(|,|;)?\s*)??"
    r"(?:(?:\bfk\s*)?(?:->|→|=>)\s*"
    r"|\b(?:references|refers to|fk(?: to)?|foreign key(?: to)?|ref(?: to)?)\b\s*:?\s*)"
    r"[(]?\s*(?P<entity>[A-Za-z]\w*)(?:\.(?P<field>\w+)|\((?P<column>\w+)\))?\s*[)]*",
    re.IGNORECASE,
)
_ENUM = re.compile(r"(?:enum|one of|choice)\s*:?\s*[(\[{]?(?P<values>[^()\[\]{}]*)[)\]}]?", re.I)
_ARRAY = re.compile(
    r"(?P<item>.+?)\[\]|(?:array|list)(?:\s+of\s+|\s*[<\[(])(?P<of>.+?)[>\])]?", re.I
)
_SIZED = re.compile(
    r"(?P<word>[a-z][a-z0-9 _-]*?)\s*(?:\(\s*(?P<a>\d+)\s*(?:,\s*(?P<b>\d+)\s*)?\))?", re.I
)


@dataclass(frozen=True)
class TypeReading:
    """What a type cell says."""

    field: EntityField
    """Named `x`; without type-independent rules."""
    values: tuple[str, ...] = ()
    """Of an enum that the cell spells out."""
    target: tuple[str, str] | None = None
    """Entity and field that it points to; the field is "" when left out."""
    typed: bool = True
    """False for a bare reference, whose type is that of the key it points to."""


def read_type(text: str, entities: Iterable[str], enums: Iterable[str]) -> TypeReading | None:
    """What the cell says, or None when it is not in the grammar.

    Args:
        text: the cell, without backticks.
        entities: names that, standing alone, mean a reference.
        enums: names of declared enums.
    """
    text = " ".join(text.split())
    if text.endswith("?"):
        reading = read_type(text[:-1], entities, enums)
        return reading and _updated(reading, nullable=True)
    if reading := _named(text, set(entities), set(enums)):
        return reading
    if match := _ARRAY.fullmatch(text):
        return _array(read_type(match["item"] or match["of"], (), enums))
    for pattern, read in ((_ARROW, _reference), (_ENUM, _enum), (_SIZED, _sized_match)):
        if match := pattern.fullmatch(text):
            return read(match)
    return None


def read_reference(text: str) -> tuple[str, str] | None:
    """The entity and field that a rule such as `FK -> books.id` names, or None."""
    match = _ARROW.fullmatch(" ".join(text.split()))
    reading = _reference(match) if match else None
    return reading.target if reading and not reading.typed else None


def _named(text: str, entities: set[str], enums: set[str]) -> TypeReading | None:
    word = text.lower().removeprefix("enum ")
    if snake_case(word) in enums:
        return TypeReading(EntityField(name="x", type="enum", enum=snake_case(word)))
    if text.lower() in _TYPES or text.lower() in _FORMATS:
        return None
    if singular(snake_case(text)) in entities and re.fullmatch(r"[\w -]+", text):
        field = EntityField(name="x", type="uuid")
        return TypeReading(field, target=(singular(snake_case(text)), ""), typed=False)
    return None


def _array(item: TypeReading | None) -> TypeReading | None:
    if item is None or item.target or item.field.type == "array":
        return None
    update = {"type": "array", "item_type": item.field.type}
    return replace(item, field=item.field.model_copy(update=update))


def _reference(match: re.Match[str]) -> TypeReading | None:
    stated = match["field"] or match["column"] or ""
    target = (singular(snake_case(match["entity"])), snake_case(stated))
    if not target[0] or (stated and not target[1]):
        return None
    kind = (match["type"] or "").lower()
    if kind in {"", "fk", "ref", "reference"}:
        return TypeReading(EntityField(name="x", type="uuid"), target=target, typed=False)
    if kind not in _TYPES:
        return None
    reading = _sized(kind, None, None)
    return reading and replace(reading, target=target)


def _enum(match: re.Match[str]) -> TypeReading | None:
    values = tuple(v.strip(" '\"") for v in re.split(r"[,|/]", match["values"]) if v.strip())
    return TypeReading(EntityField(name="x", type="enum"), values) if values else None


def _sized_match(match: re.Match[str]) -> TypeReading | None:
    return _sized(match["word"].strip().lower(), match["a"], match["b"])


def _sized(word: str, a: str | None, b: str | None) -> TypeReading | None:
    word = re.sub(r"[ _]", "-", word)
    if word in _FORMATS:
        field = _FORMATS[word]
        return TypeReading(field.model_copy(update={"max_length": int(a)}) if a else field)
    kind = _TYPES.get(word)
    if kind is None or (b and kind != "decimal"):
        return None
    field = EntityField(name="x", type=kind)
    if kind == "text" and a:
        return TypeReading(field.model_copy(update={"type": "string", "max_length": int(a)}))
    if kind == "string" and a:
        return TypeReading(field.model_copy(update={"max_length": int(a)}))
    if kind == "decimal":
        size = {"precision": int(a or 10), "scale": int(b or (0 if a else 2))}
        return TypeReading(field.model_copy(update=size))
    return None if a and kind != "timestamptz" else TypeReading(field)


def _updated(reading: TypeReading, **update: object) -> TypeReading:
    return replace(reading, field=reading.field.model_copy(update=update))
