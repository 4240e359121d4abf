"""Rules cells: each rule changes the field, or is not in the grammar."""

import pytest

from agent.intake.field_rules import apply_rule, split_rules
from tools.blueprint.model import EntityField, FieldType, Reference


def field(kind: FieldType) -> EntityField:
    scale = 2 if kind == "decimal" else None
    reference = Reference(entity="order") if kind == "uuid" else None
    return EntityField(name="x", type=kind, scale=scale, references=reference)


@pytest.mark.parametrize(
    ("kind", "rule", "expected"),
    [
        ("text", "required", {"nullable": False}),
        ("text", "Optional", {"nullable": True}),
        ("text", "unique", {"unique": True}),
        ("integer", ">= 0", {"minimum": 0}),
        ("integer", "> 0", {"minimum": 1}),
        ("decimal", "> 0", {"minimum": 0.01}),
        ("integer", "positive", {"minimum": 1}),
        ("integer", "min 1", {"minimum": 1}),
        ("integer", "at most 5", {"maximum": 5}),
        ("integer", "< 10", {"maximum": 9}),
        ("integer", "1..5", {"minimum": 1, "maximum": 5}),
        ("integer", "between 1 and 5", {"minimum": 1, "maximum": 5}),
        ("string", "max 100 characters", {"max_length": 100}),
        ("string", "max 100", {"max_length": 100}),
        ("string", "2..100 characters", {"min_length": 2, "max_length": 100}),
        ("string", "at least 3 chars", {"min_length": 3}),
        ("integer", "default 0", {"default": 0}),
        ("decimal", "default 1.50", {"default": "1.50"}),
        ("boolean", "defaults to false", {"default": False}),
        ("enum", "default normal", {"default": "normal"}),
        ("timestamptz", "default now", {"generated": "now", "writable": "never"}),
        ("text", "default null", {"nullable": True}),
        ("text", "read-only", {"writable": "never"}),
        ("text", "set by the server", {"writable": "never"}),
        ("text", "never changes", {"writable": "create"}),
        ("uuid", "the caller", {"generated": "caller", "writable": "never"}),
        ("string", "email", {"format": "email"}),
        ("text", "never returned", {"readable": False}),
        ("uuid", "generated", {"generated": "uuid"}),
        (
            "uuid",
            "on delete cascade",
            {"references": Reference(entity="order", on_delete="cascade")},
        ),
        ("uuid", "on delete set null", {"nullable": True}),
    ],
)
def test_rules(kind: FieldType, rule: str, expected: dict[str, object]) -> None:
    changed = apply_rule(field(kind), rule)
    assert changed is not None
    assert {name: getattr(changed, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("integer", "default many"),
        ("text", "sum of items quantity"),
        ("integer", "on delete cascade"),
        ("text", "must rhyme"),
        ("text", ""),
    ],
)
def test_what_is_not_in_the_grammar(kind: FieldType, rule: str) -> None:
    assert apply_rule(field(kind), rule) is None


def test_commas_inside_brackets_and_quotes_do_not_separate() -> None:
    assert split_rules('required; one of (a, b), default "x, y". ') == [
        "required",
        "one of (a, b)",
        'default "x, y"',
    ]
