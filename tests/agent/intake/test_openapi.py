"""OpenAPI documents: operations become endpoints, schemas entities, the rest questions."""

import json
from pathlib import Path

import pytest

from agent.intake import IntakeResult, read_spec
from agent.intake.yaml_lines import load_yaml
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import Access, Blueprint, Embed, EntityField, Grant, Reference

LIBRARY = (Path(__file__).parent / "data" / "openapi.md").read_text(encoding="utf-8")


def as_json(text: str) -> str:
    """The same spec with its document in JSON."""
    head, _, rest = text.partition("```yaml\n")
    document, _, tail = rest.partition("```")
    return f"{head}```json\n{json.dumps(load_yaml(document).value, indent=1)}\n```{tail}"


def blueprint_of(text: str) -> Blueprint:
    result = read_spec(text)
    assert result.problems == ()
    return result.blueprint


def without_lines(blueprint: Blueprint) -> str:
    data = blueprint.model_dump_json(indent=0)
    return "\n".join(one for one in data.splitlines() if '"line"' not in one)


def test_operations_are_endpoints() -> None:
    blueprint = blueprint_of(LIBRARY)
    books, add, change, order = blueprint.endpoints[:4]
    assert [(e.key, e.operation, e.entity, e.status) for e in (books, add, change, order)] == [
        ("GET /books", "list", "book", 200),
        ("POST /books", "create", "book", 201),
        ("PATCH /books/{id}", "update", "book", 200),
        ("POST /orders", "create", "order", 201),
    ]
    assert books.access == Access(public=True)
    assert add.access == Access(grants=(Grant(role="librarian"),))
    assert order.access == Access(grants=(Grant(role="*"),))
    assert (books.filters, books.sort, books.line) == (("genre",), ("title",), 10)
    assert blueprint.conventions.base_path == "/api/v1"
    pages = blueprint.conventions.pagination
    assert (pages.style, pages.default_size, pages.max_size) == ("offset", 20, 100)


def test_schemas_are_entities() -> None:
    blueprint = blueprint_of(LIBRARY)
    book = blueprint.entity("book")
    assert book.field("title") == EntityField(
        name="title", type="string", min_length=1, max_length=200, unique=True, line=58
    )
    assert book.field("isbn").nullable
    assert book.field("isbn").pattern == r"^\d+$"
    assert book.field("isbn").writable == "create"
    assert (book.field("pages").minimum, book.field("pages").default) == (1, 1)
    assert book.field("created_at").writable == "never"
    assert blueprint.enum("genre").values == ("novel", "poem")
    assert blueprint.entity("order").embeds == (
        Embed(entity="order_item", field="items", via="order_id", min_items=0),
    )
    item = blueprint.entity("order_item")
    assert item.field("order_id").references == Reference(entity="order", on_delete="cascade")
    assert item.field("book_id").references == Reference(entity="book")


def test_what_cannot_be_mapped_is_a_question_at_its_line() -> None:
    result = read_spec(LIBRARY)
    lines = LIBRARY.splitlines()
    found = {
        (one.reason, lines[one.line - 1].strip().partition(":")[0]) for one in result.questions
    }
    assert found == {
        ("the parameter `mood` of GET /books is not understood", "- {name"),
        ("answers hold `order.status`, which no client sends and nothing fills", "status"),
    }


def test_descriptions_are_access_and_rules() -> None:
    assert [one.text for one in uncovered(blueprint_of(LIBRARY))] == []


def test_json_says_the_same() -> None:
    assert without_lines(blueprint_of(as_json(LIBRARY))) == without_lines(blueprint_of(LIBRARY))


def api(*lines: str, version: str = "3.0.3") -> IntakeResult:
    return read_spec("\n".join(["# S", "", "```openapi", f"openapi: {version}", *lines, "```", ""]))


@pytest.mark.parametrize(
    ("line", "found", "reason"),
    [
        ("a: b: c", 5, "in the openapi block: mapping values are not allowed here"),
        ("info: 1\ninfo: 2", 6, "in the openapi block: the key 'info' appears twice"),
        ("a: &x 1\nb: *x", 5, "in the openapi block: anchors and aliases are not supported"),
        ("paths: {books: {get: {}}}", 5, "the path 'books' has no `/`"),
    ],
)
def test_mistakes_are_errors_at_their_line(line: str, found: int, reason: str) -> None:
    assert [(one.line, one.reason) for one in api(line).problems] == [(found, reason)]


def test_another_version_is_a_question() -> None:
    assert "OpenAPI 2.0 is not read" in [one.reason for one in api(version="2.0").questions]


@pytest.mark.parametrize(
    ("security", "access"),
    [
        (
            "security: [{o: [admin, staff]}]",
            Access(grants=(Grant(role="admin"), Grant(role="staff"))),
        ),
        ("security: []", Access(public=True)),
        ("security: [{}, {o: []}]", Access(public=True)),
        ("security: [{o: []}]", Access(grants=(Grant(role="*"),))),
        ("security: [{o: ['books:read']}]", Access()),
        ("summary: x", Access()),
    ],
)
def test_security_is_access(security: str, access: Access) -> None:
    result = api("paths:", "  /x:", "    get:", f"      {security}")
    assert result.blueprint.endpoints[0].access == access
    open_ = any(
        one.reason.startswith(("the scopes", "endpoint GET /x")) for one in result.questions
    )
    assert open_ == (access == Access())


@pytest.mark.parametrize(
    ("schema", "kind", "nullable"),
    [
        ("{type: string, nullable: true}", "text", True),
        ("{type: string, format: date-time}", "timestamptz", False),
        ("{type: string, format: email}", "string", False),
        ("{type: integer, format: int64}", "bigint", False),
        ("{type: number}", "float", False),
        ("{type: number, multipleOf: 0.01}", "decimal", False),
        ("{type: boolean}", "boolean", False),
        ("{type: object}", "jsonb", False),
        ("{type: array, items: {type: string}}", "array", False),
        ("{anyOf: [{type: integer}, {type: 'null'}]}", "integer", True),
        ("{type: array, items: {$ref: '#/components/schemas/A'}}", "jsonb", False),
    ],
)
def test_types(schema: str, kind: str, nullable: bool) -> None:
    result = api(
        "components:",
        "  schemas:",
        "    A: {type: array, items: {$ref: '#/components/schemas/A'}}",
        f"    Book: {{required: [id, x], properties: {{id: {{type: integer}}, x: {schema}}}}}",
    )
    field = result.blueprint.entity("book").field("x")
    assert (field.type, field.nullable) == (kind, nullable)


@pytest.mark.parametrize(
    ("schema", "low", "high"),
    [
        ("{type: integer, exclusiveMinimum: 0}", 1, None),
        ("{type: integer, minimum: 0, exclusiveMinimum: true}", 1, None),
        ("{type: number, exclusiveMaximum: 1}", None, 0.99),
    ],
)
def test_bounds(schema: str, low: float | None, high: float | None) -> None:
    result = api(
        "components:", "  schemas:", f"    Book: {{properties: {{id: {{}}, x: {schema}}}}}"
    )
    field = result.blueprint.entity("book").field("x")
    assert (field.minimum, field.maximum) == (low, high)
