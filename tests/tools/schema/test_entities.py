"""Given tables become entities; what the Blueprint cannot say is reported."""

from pathlib import Path

import pytest

from tools.blueprint.model import EntityField, Enum, Reference
from tools.schema.ddl import parse_ddl
from tools.schema.entities import Finding, schema_entities
from tools.schema.load import load_schema

LIBRARY = Path(__file__).parent / "data" / "library.sql"


def test_the_tables_of_a_library() -> None:
    found = schema_entities(load_schema(LIBRARY))

    assert found.problems == []
    assert found.notes == [
        Finding(31, "only the database checks `fine IS NULL OR state <> 'open'` of loans"),
        Finding(39, "a view stays in the database"),
    ]
    assert found.enums == [Enum(name="loan_state", values=("open", "returned", "lost"))]
    user, book, loan = found.entities
    assert (user.name, user.table, loan.name) == ("user", "users", "loan")
    assert book.field("title").min_length == 1
    assert book.field("price") == EntityField(
        name="price", type="decimal", precision=12, scale=2, minimum=0, default="0.00"
    )
    assert book.field("tags") == EntityField(
        name="tags", type="array", item_type="text", nullable=True
    )
    assert book.field("isbn").unique
    assert loan.field("book_id").references == Reference(entity="book", on_delete="cascade")
    assert loan.unique_together == (("book_id", "user_id", "due"),)
    assert loan.indexes == (("due",),)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("x varchar(9)", {"type": "string", "max_length": 9}),
        ("x varchar", {"type": "text"}),
        ("x smallint", {"type": "integer"}),
        ("x numeric(7,3)", {"type": "decimal", "precision": 7, "scale": 3}),
        ("x double precision", {"type": "float"}),
        ("x timestamp with time zone", {"type": "timestamptz"}),
        ("x timestamptz DEFAULT now()", {"generated": "now", "writable": "never"}),
        ("x uuid DEFAULT gen_random_uuid()", {"generated": "uuid", "writable": "never"}),
        ("x int DEFAULT 3", {"default": 3}),
        ("x numeric(5,2) DEFAULT 1.50", {"default": "1.50"}),
        ("x text DEFAULT 'it''s'::text", {"default": "it's"}),
        ("x boolean DEFAULT true", {"type": "boolean", "default": True}),
        ("x int DEFAULT (1 + 1)", {"default": None}),
        ("x int CHECK (x > 0)", {"minimum": 1}),
        ("x numeric(5,2) CHECK (x > 0)", {"minimum": 0.01}),
        ("x int CHECK (x BETWEEN 1 AND 5)", {"minimum": 1, "maximum": 5}),
        ("x text CHECK (length(x) <= 40)", {"max_length": 40}),
        ("x json", {"type": "jsonb"}),
        ("x bytea", {"type": "bytes"}),
        ("x int DEFAULT nextval('s')", {"generated": "identity", "writable": "never"}),
        ("x int GENERATED ALWAYS AS (1) STORED", {"generated": None, "writable": "never"}),
        ("x double precision DEFAULT 0.5", {"default": 0.5}),
        ("x text REFERENCES t (x)", {"references": Reference(entity="t", field="x")}),
    ],
)
def test_a_column_as_a_field(column: str, expected: dict[str, object]) -> None:
    found = schema_entities(parse_ddl(f"CREATE TABLE t (id int PRIMARY KEY, {column})"))
    field = found.entities[0].field("x")
    assert {name: getattr(field, name) for name in expected} == expected


@pytest.mark.parametrize(
    "check",
    [
        "mood IN ('good', 'very bad')",
        "mood = ANY (ARRAY['good'::text, 'very bad'::text])",
        "(mood)::text = ANY ((ARRAY['good'::character varying, 'very bad'])::text[])",
    ],
)
def test_a_check_that_lists_texts_is_an_enum(check: str) -> None:
    sql = f"CREATE TABLE t (id int PRIMARY KEY, mood varchar(9) DEFAULT 'good' CHECK ({check}))"
    found = schema_entities(parse_ddl(sql))
    assert found.enums == [Enum(name="t_mood", values=("good", "very bad"))]
    assert found.entities[0].field("mood") == EntityField(
        name="mood", type="enum", enum="t_mood", default="good", nullable=True
    )
    assert found.notes == []


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("CREATE TABLE t (\n x tsvector)", "s.sql:2: `t.x` of type tsvector has no counterpart"),
        ('CREATE TABLE t (id int, "é" int, PRIMARY KEY (id, "é"))', "s.sql:1: `t.é` is not snake"),
        ('CREATE TABLE t ("X" int)', "s.sql:1: `t.X` is not snake_case"),
        ("CREATE TABLE a.t (x int)", "s.sql:1: the table 'a.t' is outside `public`"),
        (
            "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b));\n"
            "CREATE TABLE u (a int, b int, FOREIGN KEY (a, b) REFERENCES t);",
            "s.sql:2: the foreign key (a, b) of u is composite",
        ),
        ("CREATE TABLE t (a int REFERENCES u)", "s.sql:1: the foreign key (a) of t is composite"),
        ("CREATE TABLE t (a tsvector[])", "s.sql:1: `t.a` of type tsvector[] has no counterpart"),
        ("CREATE TYPE \"Mood\" AS ENUM ('x')", "s.sql:1: the type name 'Mood' is not snake_case"),
    ],
)
def test_what_the_blueprint_cannot_say_is_a_problem(sql: str, problem: str) -> None:
    schema = parse_ddl(sql, "s.sql").model_copy(update={"statements": ()})
    found = schema_entities(schema)
    assert [f"s.sql:{one.line}: {one.what}".startswith(problem) for one in found.problems] == [True]


@pytest.mark.parametrize(
    ("sql", "note"),
    [
        ("CREATE TABLE t (id int, x tsvector)", "`t.x` of type tsvector has no counterpart"),
        (
            'CREATE TABLE t (id int, "X" int DEFAULT 1)',
            "`t.X` is not snake_case: only the database uses it",
        ),
        ("CREATE TABLE a.t (x int)", "the table 'a.t' is outside `public` or not snake_case"),
        (
            "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b));\n"
            "CREATE TABLE u (id int, a int, b int, FOREIGN KEY (a, b) REFERENCES t);",
            "only the database checks the foreign key (a, b) of u",
        ),
        ("CREATE TABLE t (id int, EXCLUDE USING gist (id WITH =))", "a exclusion constraint of t"),
        ("CREATE TABLE t (id int) PARTITION BY RANGE (id)", "a division of t into partitions"),
        ("CREATE TABLE t (a int)", "the table 't' has no primary key: only the database uses it"),
    ],
)
def test_what_its_own_statements_make_may_stay_in_the_database(sql: str, note: str) -> None:
    found = schema_entities(parse_ddl(sql))
    assert found.problems == []
    assert [one.what[: len(note)] for one in found.notes] == [note]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        (
            "CREATE TABLE t (id int, x tsvector NOT NULL)",
            "`t.x` of type tsvector has no counterpart",
        ),
        ('CREATE TABLE t ("X" int PRIMARY KEY)', "`t.X` is not snake_case"),
        ("CREATE TABLE t (id int, a int REFERENCES u)", "the foreign key (a) of t is composite or"),
    ],
)
def test_what_every_row_needs_is_refused_even_so(sql: str, problem: str) -> None:
    found = schema_entities(parse_ddl(sql))
    assert [one.what[: len(problem)] for one in found.problems] == [problem]


def test_the_statements_that_define_objects_are_kept_as_they_are_written() -> None:
    schema = parse_ddl(
        "SET x = 1;\n-- Bücher\nCREATE TABLE t (id int  PRIMARY KEY);\nALTER TABLE t OWNER TO me;\n"
        "INSERT INTO t VALUES (1);\nGRANT SELECT ON t TO me;\nCREATE INDEX  i ON t (id)"
    )
    assert schema.statements == (
        "CREATE TABLE t (id int  PRIMARY KEY)",
        "CREATE INDEX  i ON t (id)",
    )
