"""Type cells in the spellings that people use."""

import pytest

from agent.intake.field_types import TypeReading, read_type

ENTITIES = ("book", "order_item")
ENUMS = ("priority",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string(100)", {"type": "string", "max_length": 100}),
        ("varchar(100)", {"type": "string", "max_length": 100}),
        ("VARCHAR (20)", {"type": "string", "max_length": 20}),
        ("character varying(5)", {"type": "string", "max_length": 5}),
        ("string", {"type": "string", "max_length": None}),
        ("text", {"type": "text"}),
        ("text(500)", {"type": "string", "max_length": 500}),
        ("decimal(10,2)", {"type": "decimal", "precision": 10, "scale": 2}),
        ("numeric(8, 3)", {"type": "decimal", "precision": 8, "scale": 3}),
        ("decimal", {"type": "decimal", "precision": 10, "scale": 2}),
        ("int", {"type": "integer"}),
        ("Integer?", {"type": "integer", "nullable": True}),
        ("bigint", {"type": "bigint"}),
        ("serial", {"type": "integer", "generated": "identity"}),
        ("bool", {"type": "boolean"}),
        ("uuid", {"type": "uuid"}),
        ("timestamp", {"type": "timestamptz"}),
        ("timestamp with time zone", {"type": "timestamptz"}),
        ("datetime", {"type": "timestamptz"}),
        ("json", {"type": "jsonb"}),
        ("email", {"type": "string", "format": "email", "max_length": 254}),
        ("url(100)", {"type": "string", "format": "url", "max_length": 100}),
        ("text[]", {"type": "array", "item_type": "text"}),
        ("list of integers", None),
        ("list of integer", {"type": "array", "item_type": "integer"}),
        ("array<uuid>", {"type": "array", "item_type": "uuid"}),
        ("priority", {"type": "enum", "enum": "priority"}),
        ("enum priority", {"type": "enum", "enum": "priority"}),
        ("strng(10)", None),
        ("int(5,2)", None),
        ("", None),
    ],
)
def test_types(text: str, expected: dict[str, object] | None) -> None:
    reading = read_type(text, ENTITIES, ENUMS)
    if expected is None:
        assert reading is None
    else:
        assert reading is not None
        assert {name: getattr(reading.field, name) for name in expected} == expected


@pytest.mark.parametrize(
    "text", ["enum(low, high)", "enum: low | high", "one of low, high", 'enum("low", "high")']
)
def test_enums_that_the_cell_spells_out(text: str) -> None:
    reading = read_type(text, ENTITIES, ENUMS)
    assert reading is not None
    assert (reading.field.type, reading.values) == ("enum", ("low", "high"))


@pytest.mark.parametrize(
    ("text", "target", "typed"),
    [
        ("-> book", ("book", ""), False),
        ("→ books", ("book", ""), False),
        ("book", ("book", ""), False),
        ("order items", ("order_item", ""), False),
        ("references book", ("book", ""), False),
        ("references books(id)", ("book", "id"), False),
        ("fk book", ("book", ""), False),
        ("FK -> book.isbn", ("book", "isbn"), False),
        ("-> book.isbn", ("book", "isbn"), False),
        ("uuid -> book", ("book", ""), True),
        ("uuid, references book", ("book", ""), True),
        ("uuid (fk book)", ("book", ""), True),
        ("-> author", ("author", ""), False),
    ],
)
def test_references(text: str, target: tuple[str, str] | None, typed: bool) -> None:
    reading: TypeReading | None = read_type(text, ENTITIES, ENUMS)
    if target is None:
        assert reading is None
    else:
        assert reading is not None
        assert (reading.target, reading.typed) == (target, typed)
