"""The examples are understood whole: no problem, no question, no requirement left."""

from pathlib import Path

import pytest

from agent.intake import read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import (
    Blueprint,
    CopyRule,
    Embed,
    Grant,
    StateMachine,
    StockRule,
    SumRule,
    Transition,
)
from tools.blueprint.validate import validate_blueprint

EXAMPLES = Path(__file__).parents[3] / "examples"


def read(name: str) -> Blueprint:
    result = read_spec((EXAMPLES / name / "spec.md").read_bytes())
    assert result.problems == ()
    assert result.questions == ()
    return result.blueprint


@pytest.mark.parametrize(
    ("name", "statements"),
    [("bookshop", 27), ("helpdesk", 22), ("lending", 36), ("conferences", 67), ("shop", 162)],
)
def test_every_statement_is_answered_by_a_part(name: str, statements: int) -> None:
    blueprint = read(name)
    assert uncovered(blueprint) == []
    assert validate_blueprint(blueprint) == []
    assert [r.id for r in blueprint.requirements] == [f"R{n + 1}" for n in range(statements)]
    lines = [r.line for r in blueprint.requirements]
    assert lines == sorted(lines)


def test_bookshop_entities_and_rules() -> None:
    blueprint = read("bookshop")
    order, item = blueprint.entity("order"), blueprint.entity("order_item")

    assert order.owner == "customer_id"
    assert order.embeds == (
        Embed(entity="order_item", field="items", via="order_id", min_items=1, max_items=50),
    )
    assert item.owner == "order.customer_id"
    assert {f.name: f.writable for f in order.fields} == {
        "id": "never",
        "customer_id": "never",
        "status": "never",
        "total": "never",
        "created_at": "never",
    }
    assert order.field("customer_id").generated == "caller"
    assert order.field("status").default == "placed"
    total, price, states, stock = blueprint.rules
    assert isinstance(total, SumRule)
    assert (total.child, total.factors) == ("order_item", ("quantity", "unit_price"))
    assert isinstance(price, CopyRule)
    assert (price.field, price.via, price.source) == ("unit_price", "book_id", "price")
    assert isinstance(states, StateMachine)
    assert set(states.transitions) == {
        Transition(source="placed", target="paid"),
        Transition(source="paid", target="shipped"),
        Transition(source="placed", target="cancelled"),
        Transition(source="paid", target="cancelled"),
    }
    assert isinstance(stock, StockRule)
    assert (stock.amount, stock.via, stock.counter) == ("quantity", "book_id", "stock")


def test_bookshop_endpoints() -> None:
    endpoints = {endpoint.key: endpoint for endpoint in read("bookshop").endpoints}

    books = endpoints["GET /books"]
    assert books.access.public
    assert (books.filters, books.search, books.sort) == (
        ("author",),
        ("title", "author"),
        ("price", "title"),
    )
    assert books.description == "Browse the catalog"
    assert endpoints["GET /orders"].access.grants == (
        Grant(role="customer", own=True),
        Grant(role="staff"),
        Grant(role="admin"),
    )
    assert endpoints["PATCH /users/{user_id}"].fields == ("role",)
    assert {key: endpoint.to for key, endpoint in endpoints.items() if endpoint.to} == {
        "POST /orders/{order_id}/pay": "paid",
        "POST /orders/{order_id}/ship": "shipped",
        "POST /orders/{order_id}/cancel": "cancelled",
    }


def test_helpdesk_conventions_and_nesting() -> None:
    blueprint = read("helpdesk")
    conventions = blueprint.conventions

    assert conventions.base_path == "/api/v1"
    assert conventions.errors.style == "envelope"
    assert conventions.formats.id_type == "integer"
    assert conventions.tokens.login_body == "json"
    pages = conventions.pagination
    assert (pages.style, pages.position_param, pages.size_param) == ("page", "page", "page_size")
    assert (pages.default_size, pages.max_size, pages.total_key) == (20, 50, "total")
    comments = blueprint.endpoint("create", "comment")
    assert comments is not None
    assert (comments.parent, comments.fields) == ("ticket_id", ("body",))
    assert blueprint.entity("comment").owner == "ticket.customer_id"
    assert blueprint.entity("comment").field("author_id").generated == "caller"
    assert blueprint.auth is not None
    assert blueprint.auth.default_role == "customer"
    assert blueprint.assumptions == (
        "The spec describes no `user` entity; logins need one, so it is added.",
        "Entities that are listed have `created_at`; lists are ordered by it.",
    )


@pytest.mark.parametrize(
    ("name", "entities", "operations"), [("conferences", 10, 50), ("shop", 27, 119)]
)
def test_large_examples_leave_nothing_to_write_by_hand(
    name: str, entities: int, operations: int
) -> None:
    blueprint = read(name)
    assert (len(blueprint.entities), len(blueprint.endpoints)) == (entities, operations)
    assert [e.key for e in blueprint.endpoints if e.operation == "custom"] == []
