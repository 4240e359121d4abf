import pytest
from pydantic import JsonValue

from tools.blueprint.model import Access, EntityField, Transition
from tools.blueprint.shorthand import (
    FIELD_TYPES,
    format_access,
    format_field,
    format_transition,
    parse_access,
    parse_field,
    parse_transition,
)

LINES = [
    "title: string(200)",
    "title: string(200), unique, R3 R4",
    'price: decimal(10,2), >= 0, <= 99.5, default "0.00"',
    "customer_id: uuid, -> user cascade",
    "isbn: string(13)?, -> book.isbn set_null",
    "tags: array(string)?",
    "kinds: array(enum(kind))",
    'status: enum(order_status), read only, default "open"',
    'meta: jsonb, default {"a": [1, 2], "b": "x, y"}',
    "created_at: timestamptz, read only, generated now",
    "bio: text?, min length 1, max length 4000",
    "email: string(254), unique, email",
    r'sku: string(20), unique, matches "^[A-Z]{3},\d{4}$", min length 5, default "ABC,1234"',
    r'quoted: text, matches "^\"[a-z]+\"$"',
    "secret: text, create only, hidden",
    "active: boolean, default true",
    "due: boolean, computed, R3",
    "open_loans: integer, computed count loan via tool_id where status is open or late",
    "lent: boolean, computed exists loan via tool_id",
    "total: decimal(10,2), computed sum item.price via order_id",
    "overdue: boolean, computed past due_on where returned_at is null",
]


@pytest.mark.parametrize("line", LINES)
def test_a_canonical_line_survives_the_round_trip(line: str) -> None:
    assert format_field(EntityField.model_validate(parse_field(line))) == line


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("a:text", {"name": "a", "type": "text"}),
        ("a: enum(x), default open", {"name": "a", "type": "enum", "enum": "x", "default": "open"}),
        ("a: integer,>=1", {"name": "a", "type": "integer", "minimum": 1.0}),
        ("a : uuid , ->b", {"name": "a", "type": "uuid", "references": {"entity": "b"}}),
    ],
)
def test_parse_field_is_lenient_about_spaces(line: str, data: dict[str, JsonValue]) -> None:
    assert parse_field(line) == data


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("title", "'title' is not `name: type, rule, ...`"),
        ("title: varchar(20)", "'varchar' is not a type; types: string, text, integer"),
        ("title: string(a)", r"string\(a\): use string\(LENGTH\), decimal\(PRECISION,SCALE\)"),
        ("title: text(9)", r"text\(9\): use string\(LENGTH\)"),
        ("tags: array(a b)", r"array\(a b\) is not `array\(TYPE\)`"),
        ("title: text unique", "a comma is missing before 'unique'"),
        ("title: text, required", "'required' is not a rule; rules: unique, default JSON"),
    ],
)
def test_parse_field_says_what_it_does_not_know(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_field(line)


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_every_type_has_a_spelling(name: str) -> None:
    line = format_field(EntityField.model_validate({"name": "a", "type": name}))
    assert parse_field(line)["type"] == name


@pytest.mark.parametrize("text", ["public", "*", "admin, customer own", "nobody"])
def test_access_survives_the_round_trip(text: str) -> None:
    access = Access() if text == "nobody" else Access.model_validate(parse_access(text))
    assert format_access(access) == text


@pytest.mark.parametrize("text", ["", "admin mine", "admin,,staff"])
def test_parse_access_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is not `public` or"):
        parse_access(text)


@pytest.mark.parametrize("text", ["open -> closed", "open -> closed by staff, admin"])
def test_transitions_survive_the_round_trip(text: str) -> None:
    assert format_transition(Transition.model_validate(parse_transition(text))) == text


def test_parse_transition_refuses() -> None:
    with pytest.raises(ValueError, match="is not `state -> state`"):
        parse_transition("open to closed")
