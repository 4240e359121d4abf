"""DBML becomes the document, and what is wrong is named with its line."""

import pytest

from tools.schema.dbml import parse_dbml
from tools.schema.errors import SchemaError
from tools.schema.load import parse_schema
from tools.schema.model import Check, Column, EnumType, ForeignKey, Index

SHOP = """\
Project shop { database_type: 'PostgreSQL' Note: '''of
two lines''' }
// people
TablePartial stamps { created_at timestamptz [not null, default: `now()`] }
Enum order_status {
  placed [note: 'new']
  "paid up"
}
Table users as U [headercolor: #3498db, note: 'people'] {
  id uuid [pk, default: `gen_random_uuid()`]
  email varchar(254) [not null, unique, note: 'it\\'s a login']
  time time
  ~stamps
  indexes {
    (email, id) [unique, name: 'by_email']
    `lower(email)` [type: hash]
  }
}
Table shop.orders {
  id int [primary key, increment]
  user_id uuid [ref: > U.id, not null]
  status order_status [default: 'placed']
  total decimal(10,2) [default: 0, check: `total >= 0`]
  tags "text[]"
  marks int[]
  at timestamp with time zone [null]
  checks { `total < 1000` [name: 'cheap'] }
  Note { 'what was bought' }
}
Table lines {
  order_id int
  nr int
  indexes { (order_id, nr) [pk] (nr, order_id) [unique] }
}
Table notes { line_id int nr int text string }
Ref: lines.order_id > shop.orders.id [delete: cascade, update: no action]
Ref named { notes.(line_id, nr) - lines.(order_id, nr) }
Ref: shop.orders.id < notes.line_id
TableGroup all { users lines }
"""


def test_a_shop_is_read_whole() -> None:
    schema = parse_dbml(SHOP, "shop.dbml")

    assert [(table.key, table.line) for table in schema.tables] == [
        ("users", 9), ("shop.orders", 19), ("lines", 30), ("notes", 35),
    ]  # fmt: skip
    assert schema.enums == (EnumType(name="order_status", values=("placed", "paid up"), line=5),)
    users, orders, lines, notes = schema.tables
    assert users.comment == "people"
    assert users.columns == (
        Column(name="id", type="uuid", nullable=False, default="gen_random_uuid()", line=10),
        Column(name="email", type="varchar(254)", nullable=False, comment="it's a login", line=11),
        Column(name="time", type="time", line=12),
        Column(name="created_at", type="timestamptz", nullable=False, default="now()", line=4),
    )
    assert (users.primary_key, users.uniques) == (("id",), (("email",),))
    assert users.indexes == (
        Index(name="by_email", keys=("email", "id"), unique=True, line=15),
        Index(keys=("lower(email)",), method="hash", line=16),
    )
    assert orders.comment == "what was bought"
    assert orders.foreign_keys == (
        ForeignKey(columns=("user_id",), table="users", references=("id",), line=21),
    )
    assert [(c.name, c.type, c.default, c.identity) for c in orders.columns] == [
        ("id", "int", None, "by_default"),
        ("user_id", "uuid", None, None),
        ("status", "order_status", "'placed'", None),
        ("total", "decimal(10,2)", "0", None),
        ("tags", "text[]", None, None),
        ("marks", "int[]", None, None),
        ("at", "timestamp with time zone", None, None),
    ]
    assert orders.checks == (
        Check(expression="total >= 0", line=23),
        Check(expression="total < 1000", name="cheap", line=27),
    )
    assert (lines.primary_key, lines.uniques) == (("order_id", "nr"), (("nr", "order_id"),))
    assert not any(column.nullable for column in lines.columns)
    assert lines.foreign_keys == (
        ForeignKey(
            columns=("order_id",), table="shop.orders", references=("id",),
            on_delete="cascade", on_update="no_action", line=36,
        ),
    )  # fmt: skip
    assert notes.foreign_keys == (
        ForeignKey(
            columns=("line_id", "nr"), table="lines", references=("order_id", "nr"), line=37
        ),
        ForeignKey(columns=("line_id",), table="shop.orders", references=("id",), line=38),
    )
    assert notes.uniques == (("line_id", "nr"),)
    assert notes.column("text").type == "varchar(255)"


def test_the_suffix_says_that_it_is_dbml() -> None:
    assert [t.name for t in parse_schema("Table a { b int }", "x.dbml").tables] == ["a"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("Tabel x {}", 1, "expected Table, Enum, Ref, TablePartial, TableGroup, Project or Note"),
        ("Table x {", 1, "expected a column and found the end"),
        ("Table x {\n id }", 2, "expected a name and found '}'"),
        ("Table x {\n id int [pk", 2, "expected ',' and found the end"),
        ("Table x {\n id varchar(3", 2, "expected ')' and found the end"),
        ("Table x { id int }\nTable x { id int }", 2, "the table 'x' is described twice"),
        ("Table x { id int\n id int }", 2, "the column 'id' is described twice"),
        ("Table x {\n ~y }", 2, "there is no TablePartial 'y' above this line"),
        ("Table x {\n id int [ref: > y.id] }", 2, "the relation names 'y.id', which is not"),
        ("Table x { id int [ref: ? y.id] }", 1, "expected one of >, <, -, <>"),
        ("Table x { id int }\nRef: x.id > x.no", 2, "the relation names 'x.no', which is not"),
        ("Table x { id int }\n\nRef: x.id <> x.id", 3, "a many-to-many relation needs a table"),
        ("Table x { id int }\nRef: x.id > x.id [delete: boom]", 2, "the action 'boom' is none of"),
        ("Table x { id int [note: 'a }", 1, "the quote ' is never closed"),
        ("Table x { Note: 3 }", 1, "expected a text in quotes"),
        ("Table x { a int checks { 3 } }", 1, "expected a condition in `"),
        ("Project x", 1, "expected '{' and found the end"),
        ("Project x {", 1, "expected '}' and found the end"),
        ("Table x { a int [default: ", 1, "expected a value and found the end"),
    ],
)
def test_mistakes_are_named_at_their_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_dbml(text)
    ((found, said),) = caught.value.problems
    assert (found, said[: len(reason)]) == (line, reason)
