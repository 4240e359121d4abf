"""The Database Agent's schema wins, and a spec that contradicts it is told so."""

from agent.intake import IntakeResult, read_spec
from tools.schema.ddl import parse_ddl

SQL = """CREATE TABLE books (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title varchar(100) NOT NULL,
    price numeric(8,2) NOT NULL CHECK (price >= 0),
    shelf text
);
CREATE VIEW cheap AS SELECT * FROM books;
"""
SPEC = """# Shop

## Entities

### book

| field | type        | rules    |
|-------|-------------|----------|
{rows}

## Endpoints

| method | path   | access | does |
|--------|--------|--------|------|
| GET    | /books | public | List |
"""


def read(*rows: str, sql: str = SQL) -> IntakeResult:
    return read_spec(SPEC.format(rows="\n".join(rows)), parse_ddl(sql, "shop.sql"))


def test_columns_come_from_the_schema_and_the_rest_from_the_spec() -> None:
    result = read("| title | string | at least 2 characters |", "| shelf | text | never returned |")

    assert result.problems == ()
    book = result.blueprint.entity("book")
    assert [field.name for field in book.fields] == ["id", "title", "price", "shelf"]
    assert (book.field("id").type, book.field("id").generated) == ("bigint", "identity")
    title = book.field("title")
    assert (title.max_length, title.min_length, title.line) == (100, 2, 9)
    assert (book.field("price").precision, book.field("price").minimum) == (8, 0)
    assert not book.field("shelf").readable
    assert "shop.sql:7: a view stays in the database." in result.blueprint.assumptions


def test_a_table_that_the_spec_does_not_describe_is_an_entity_too() -> None:
    blueprint = read_spec("# S\n", parse_ddl(SQL)).blueprint
    assert [entity.name for entity in blueprint.entities] == ["book"]


def test_contradictions_name_both_lines() -> None:
    result = read(
        "| title | string(50) | optional, unique |", "| price | integer | |", "| x | int | |"
    )
    assert [(p.line, p.reason) for p in result.problems] == [
        (9, "`book.title` holds 50 characters here and 100 on line 3 of shop.sql"),
        (9, "`book.title` is optional here and NOT NULL on line 3 of shop.sql"),
        (9, "`book.title` is unique here and not on line 3 of shop.sql"),
        (10, "`book.price` is integer here and decimal on line 4 of shop.sql"),
        (11, "`book.x` is no column of the table books (shop.sql, line 1)"),
    ]


def test_enums_must_have_the_same_values() -> None:
    sql = (
        "CREATE TYPE mood AS ENUM ('good', 'bad');\n"
        "CREATE TABLE books (id int PRIMARY KEY, mood mood NOT NULL);"
    )
    assert read("| mood | enum(bad, good) | |", sql=sql).problems == ()
    problems = read("| mood | enum(good, ugly) | |", sql=sql).problems
    assert [p.reason for p in problems] == [
        "`book.mood` has the values good, ugly here and others on line 2 of shop.sql"
    ]


def test_users_whose_table_lacks_a_column_are_refused() -> None:
    sql = "CREATE TABLE users (id uuid PRIMARY KEY, email varchar(99) NOT NULL UNIQUE);"
    problems = read_spec("---\nroles: [admin]\n---\n# S\n", parse_ddl(sql)).problems
    assert [p.reason for p in problems] == [
        "the given table `users` has no column `password_hash`",
        "the given table `users` has no column `role`",
    ]


def test_a_type_without_a_counterpart_is_refused() -> None:
    sql = "CREATE TABLE t (id int PRIMARY KEY, area polygon NOT NULL)"
    problems = read_spec("# S\n", parse_ddl(sql, "t.sql")).problems
    assert [p.reason for p in problems] == ["t.sql:1: `t.area` of type polygon has no counterpart"]
