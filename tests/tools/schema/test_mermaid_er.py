"""Mermaid entity diagrams become the document, and what is wrong is named with its line."""

import pytest

from tools.schema.errors import SchemaError
from tools.schema.mermaid_er import parse_mermaid_er
from tools.schema.model import Column, ForeignKey

SHOP = """\
erDiagram
    direction LR
    %% people
    CUSTOMER ||--o{ ORDER : places
    ORDER ||--|{ LINE-ITEM : "contains"
    PRODUCT |o--o{ LINE-ITEM : "is in"
    CUSTOMER ||--|| ADDRESS : has
    CUSTOMER {
        int id PK
        string email UK "login, optional"
    }
    ORDER {
        uuid id PK
        datetime placedAt
        int buyer FK "who bought"
    }
    LINE-ITEM["Order line"] {
        uuid order_id PK,FK
        int nr PK
        decimal(10,2) price
    }
    PRODUCT { }
    PRODUCT {
        string(40) name PK
    }
    ADDRESS {
        string[] lines
    }
"""


def test_a_shop_is_read_whole() -> None:
    customers, orders, lines, products, addresses = parse_mermaid_er(SHOP).tables
    assert (customers.name, customers.line, customers.primary_key) == ("customers", 8, ("id",))
    assert customers.columns == (
        Column(name="id", type="int", nullable=False, identity="by_default", line=9),
        Column(name="email", type="varchar(255)", comment="login, optional", line=10),
    )
    assert customers.uniques == (("email",),)
    assert [(c.name, c.type) for c in orders.columns] == [
        ("id", "uuid"), ("placedAt", "timestamptz"), ("buyer", "int"),
    ]  # fmt: skip
    assert orders.foreign_keys == (ForeignKey(columns=("buyer",), table="customers", line=4),)
    assert (lines.name, lines.primary_key) == ("order_lines", ("order_id", "nr"))
    assert lines.foreign_keys == (
        ForeignKey(columns=("order_id",), table="orders", line=5),
        ForeignKey(columns=("product_id",), table="products", line=6),
    )
    assert lines.column("product_id") == Column(name="product_id", type="varchar(40)", line=6)
    assert products.column("name").type == "varchar(40)"
    assert addresses.column("lines").type == "varchar(255)[]"
    assert addresses.column("customer_id") == Column(
        name="customer_id", type="int", nullable=False, line=7
    )
    assert addresses.uniques == (("customer_id",),)


def test_a_column_marked_as_foreign_key_leads_where_its_name_says() -> None:
    text = "erDiagram\nBOOK {\n int id PK\n}\nLOAN {\n int book_id FK\n int who_id FK\n}"
    assert parse_mermaid_er(text).table("loans").foreign_keys == (
        ForeignKey(columns=("book_id",), table="books", line=6),
    )


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("erDiagram\nA ?? B", 2, "'A ?? B' is neither an entity nor a relation"),
        ("erDiagram\nA {\n int\n}", 3, "'int' is not `type name PK`"),
        ("erDiagram\nA ||--o{ B : x", 2, "the entity A has no attributes"),
        (
            "erDiagram\nA {\nint id PK\n}\nB {\nint id PK\n}\nA }o--o{ B : x",
            8,
            "A and B are many to many",
        ),
    ],
)
def test_mistakes_are_named_at_their_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_mermaid_er(text)
    assert [(at, said[: len(reason)]) for at, said in caught.value.problems] == [(line, reason)]
