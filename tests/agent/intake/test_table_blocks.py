"""Fenced blocks that describe tables are the spec's own entities, line by line."""

import pytest

from agent.intake import IntakeResult, read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import Entity, Reference

BLOCKS = {
    "sql": """\
CREATE TYPE genre AS ENUM ('novel', 'poem');
CREATE TABLE books (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  title varchar(200) NOT NULL UNIQUE, genre genre NOT NULL);
CREATE TABLE copies (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  book_id uuid NOT NULL REFERENCES books ON DELETE CASCADE);
""",
    "dbml": """\
Enum genre { novel poem }
Table books { id uuid [pk, default: `gen_random_uuid()`]
  title varchar(200) [not null, unique]
  genre genre [not null] }
Table copies { id uuid [pk, default: `gen_random_uuid()`]
  book_id uuid [not null] }
Ref: copies.book_id > books.id [delete: cascade]
""",
    "prisma": """\
enum Genre { novel poem }
model Book { id String @id @default(uuid()) @db.Uuid
  title String @unique @db.VarChar(200)
  genre Genre
  copies Copy[] }
model Copy { id String @id @default(uuid()) @db.Uuid
  book Book @relation(fields: [bookId], references: [id], onDelete: Cascade)
  bookId String @db.Uuid @map("book_id") }
""",
}
ENDPOINTS = (
    "\n## Endpoints\n\n| method | path | access |\n|--|--|--|\n"
    "| GET | /books | public |\n| GET | /books/{book_id}/copies | public |\n"
)


def read(language: str, block: str, before: str = "", after: str = "") -> IntakeResult:
    return read_spec(f"# Shop\n\n## Data\n{before}\n```{language}\n{block}```\n{after}")


def shape(entity: Entity) -> list[tuple[object, ...]]:
    return [(f.name, f.type, f.max_length, f.unique, f.nullable, f.enum) for f in entity.fields]


@pytest.mark.parametrize("language", BLOCKS)
def test_each_language_gives_the_same_entities(language: str) -> None:
    result = read(language, BLOCKS[language], after=ENDPOINTS)

    assert (result.problems, result.questions) == ((), ())
    blueprint = result.blueprint
    book, copy = blueprint.entities
    assert blueprint.enum("genre").values == ("novel", "poem")
    assert (book.name, book.table, copy.name, copy.table) == ("book", "books", "copy", "copies")
    assert shape(book) == [
        ("id", "uuid", None, False, False, None),
        ("title", "string", 200, True, False, None),
        ("genre", "enum", None, False, False, "genre"),
        ("created_at", "timestamptz", None, False, False, None),
    ]
    assert copy.field("book_id").references == Reference(entity="book", on_delete="cascade")
    assert [one.operation for one in blueprint.endpoints] == ["list", "list"]
    assert [one.line for one in blueprint.requirements[:3]] == [6, book.line, copy.line]
    assert uncovered(blueprint) == []


def test_a_diagram_gives_entities_too() -> None:
    diagram = (
        "erDiagram\n  BOOK ||--o{ COPY : has\n  BOOK {\n    uuid id PK\n    string title\n  }\n"
        "  COPY {\n    uuid id PK\n    uuid book_id FK\n  }\n"
    )
    blueprint = read("mermaid", diagram).blueprint
    assert [(one.name, one.line) for one in blueprint.entities] == [("book", 8), ("copy", 12)]
    assert blueprint.entity("book").field("title").line == 10
    assert blueprint.entity("copy").field("book_id").references == Reference(entity="book")


def test_what_a_block_says_beyond_its_tables_is_a_requirement() -> None:
    sql = (
        "CREATE TABLE books (id int PRIMARY KEY, a int, b int DEFAULT (1 + 1),\n"
        "  c int GENERATED ALWAYS AS (a + b) STORED,\n  d timestamp,\n  CHECK (a < b));\n"
        "CREATE VIEW v AS SELECT 1;\n"
    )
    result = read("sql", sql)
    assert [(one.line, one.text) for one in uncovered(result.blueprint)] == [
        (6, "only the database fills `books.b` with `1 + 1`"),
        (7, "only the database computes `books.c` as `a + b`"),
        (9, "only the database checks `a < b` of books"),
        (10, "a view stays in the database"),
    ]
    assert (
        "Line 8: `books.d` is timestamp: its times are taken to be UTC."
        in result.blueprint.assumptions
    )


def test_a_table_of_the_spec_that_contradicts_a_block_names_both_lines() -> None:
    table = "\n### book\n\n| field | type |\n|--|--|\n| title | string(50) |\n| x | int |\n"
    found = read("sql", BLOCKS["sql"], before=table).problems
    assert [(one.line, one.reason) for one in found] == [
        (9, "`book.title` holds 50 characters here and 200 on line 15"),
        (10, "`book.x` is no column of the table books (line 14)"),
    ]


@pytest.mark.parametrize(
    ("language", "block", "line", "reason"),
    [
        (
            "sql",
            "CREATE TABLE a (id int);\nCREATE TABL b\n",
            7,
            "in the sql block: syntax error at",
        ),
        ("dbml", "Table a {\n id }\n", 7, "in the dbml block: expected a name and found '}'"),
        ("prisma", "model A {\n id Foo }\n", 7, "in the prisma block: the type 'Foo' of A.id is"),
        ("mermaid", "erDiagram\n ?\n", 7, "in the mermaid block: '?' is neither an entity nor"),
        ("sql", "CREATE TABLE a (id int, x polygon);\n", 6, "`a.x` of type polygon has no"),
    ],
)
def test_mistakes_are_named_at_their_line(
    language: str, block: str, line: int, reason: str
) -> None:
    (found,) = read(language, block).problems
    assert (found.line, found.reason[: len(reason)]) == (line, reason)


@pytest.mark.parametrize(
    ("language", "block"),
    [("sql", "SELECT 1;\n"), ("mermaid", "flowchart LR\n a --> b\n"), ("json", '{"a": 1}\n')],
)
def test_other_blocks_stay_requirements(language: str, block: str) -> None:
    blueprint = read(language, block).blueprint
    assert [one.text for one in uncovered(blueprint)] == [f"```{language}\n{block}```"]
