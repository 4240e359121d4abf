"""Sentences that are rules, in several wordings, and sentences that are not."""

import time

import pytest

from agent.intake.rules import EntityChange, read_rule
from agent.intake.vocabulary import Known
from tools.blueprint.model import (
    CopyRule,
    Embed,
    Entity,
    EntityField,
    QuotaRule,
    Reference,
    StateMachine,
    StockRule,
    SumRule,
    UniqueWhile,
)


def key(name: str, entity: str) -> EntityField:
    return EntityField(name=name, type="uuid", references=Reference(entity=entity))


def number(name: str) -> EntityField:
    return EntityField(name=name, type="integer")


STATUS = EntityField(name="status", type="enum", enum="order_status")
ENTITIES = {
    "user": Entity(name="user", table="users", fields=()),
    "book": Entity(
        name="book", table="books", fields=(number("stock"), number("price"), number("isbn"))
    ),
    "order": Entity(
        name="order",
        table="orders",
        fields=(key("customer_id", "user"), number("total"), STATUS, number("number")),
        embeds=(Embed(entity="order_item", field="items", via="order_id"),),
    ),
    "order_item": Entity(
        name="order_item",
        table="order_items",
        fields=(
            key("order_id", "order"),
            key("book_id", "book"),
            number("quantity"),
            number("unit_price"),
        ),
    ),
}

KNOWN = Known({"order_status": ("placed", "paid", "shipped")}, ("customer", "staff", "admin"))


@pytest.mark.parametrize(
    "words",
    [
        "Creating an order_item takes quantity from book.stock; too little is refused with 409",
        "Creating an order item takes its quantity from the book's stock.",
        "Adding an order_item removes quantity from book.stock, insufficient stock is rejected "
        "with a 409.",
    ],
)
def test_stock(words: str) -> None:
    rule = read_rule(words, ENTITIES)
    assert rule == StockRule(entity="order_item", amount="quantity", via="book_id", counter="stock")


@pytest.mark.parametrize(
    "words",
    [
        "order_item.unit_price is copied from book.price",
        "The unit price of an order item is copied from the price of the book when it is ordered",
        "order_item.unit_price is a copy of book.price",
    ],
)
def test_copy(words: str) -> None:
    rule = read_rule(words, ENTITIES)
    assert rule == CopyRule(entity="order_item", field="unit_price", via="book_id", source="price")


@pytest.mark.parametrize(
    "words",
    [
        "order.total is the sum of items quantity * unit_price",
        "order.total is sum of its items' quantity \u00d7 unit_price",
        "order.total = sum(order_item.quantity * order_item.unit_price)",
        "The total of an order is the sum of items quantity * unit_price.",
    ],
)
def test_sum(words: str) -> None:
    rule = read_rule(words, ENTITIES)
    assert rule == SumRule(
        entity="order", field="total", child="order_item", factors=("quantity", "unit_price")
    )


@pytest.mark.parametrize(
    ("words", "context", "entity", "attribute", "value"),
    [
        ("An order belongs to the customer who placed it: customer_id", None, "order", "owner",
         "customer_id"),
        ("The owner of an order item is order.customer_id", None, "order_item", "owner",
         "order.customer_id"),
        ("Owner: customer_id", "order", "order", "owner", "customer_id"),
        ("order.customer is the owner", None, "order", "owner", "customer_id"),
        ("Unique together: customer, number", "order", "order", "unique_together",
         (("customer_id", "number"),)),
        ("order: customer_id and number are unique together", None, "order", "unique_together",
         (("customer_id", "number"),)),
        ("Books are soft-deleted", None, "book", "soft_delete", True),
        ("Deleting a book only hides it.", None, "book", "soft_delete", True),
        ("Deleted books are kept but hidden", None, "book", "soft_delete", True),
        ("Soft delete: books", None, "book", "soft_delete", True),
        ("Books use optimistic locking.", None, "book", "if_match", "optional"),
        ("Each book carries an ETag", None, "book", "if_match", "optional"),
        ("Updating a book honours If-Match", None, "book", "if_match", "optional"),
        ("Changing an order requires an If-Match header", None, "order", "if_match", "required"),
    ],
)  # fmt: skip
def test_rules_that_the_entity_keeps(
    words: str, context: str | None, entity: str, attribute: str, value: object
) -> None:
    change = read_rule(words, ENTITIES, context)
    assert isinstance(change, EntityChange)
    assert change.entity == entity
    assert getattr(change.change(ENTITIES[entity]), attribute) == value


PER_CUSTOMER = {"entity": "order", "per": "customer_id"}
PLACED = {**PER_CUSTOMER, "field": "status", "values": ("placed",)}
PER_BOOK = {"entity": "order_item", "per": "book_id"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("At most 3 orders per customer", {**PER_CUSTOMER, "limit": 3}),
        ("No more than five orders for each user", {**PER_CUSTOMER, "limit": 5}),
        ("A customer may have at most 3 placed orders at a time.", {**PLACED, "limit": 3}),
        ("Customers can have up to 3 orders", {**PER_CUSTOMER, "limit": 3}),
        ("Each customer has a maximum of 3 orders while its status is placed",
         {**PLACED, "limit": 3}),
        ("At most 2 placed or paid orders per customer; one more is refused with 409",
         {**PLACED, "values": ("placed", "paid"), "limit": 2}),
        ("A book never has more order items than its stock", {**PER_BOOK, "limit_field": "stock"}),
        ("No more than book.stock order items per book", {**PER_BOOK, "limit_field": "stock"}),
        ("The sum of order_item.quantity per book is at most 100",
         {**PER_BOOK, "amount": "quantity", "limit": 100}),
        ("The total of order_item.quantity per book never exceeds 100",
         {**PER_BOOK, "amount": "quantity", "limit": 100}),
    ],
)  # fmt: skip
def test_quotas(words: str, expected: dict[str, object]) -> None:
    assert read_rule(words, ENTITIES, None, KNOWN) == QuotaRule.model_validate(expected)


@pytest.mark.parametrize(
    "words",
    [
        "At most 3 orders per year",
        "At most 3 lost orders per customer",
        "At most many orders per customer",
        "A customer may have at most 3 orders unless he is old",
    ],
)
def test_no_quotas(words: str) -> None:
    assert read_rule(words, ENTITIES, None, KNOWN) is None


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("order.number is unique while status is placed", ("number",)),
        ("order: customer and number are unique together while the status is placed",
         ("customer_id", "number")),
        ("Only one placed order per customer", ("customer_id",)),
        ("A customer has at most one placed order at a time; another is refused with 409",
         ("customer_id",)),
    ],
)  # fmt: skip
def test_unique_in_some_states(words: str, fields: tuple[str, ...]) -> None:
    change = read_rule(words, ENTITIES, None, KNOWN)
    assert isinstance(change, EntityChange)
    (group,) = change.change(ENTITIES["order"]).unique_while
    assert group == UniqueWhile(fields=fields, field="status", values=("placed",))


@pytest.mark.parametrize(
    ("words", "attribute", "roles"),
    [
        ("Only staff and admins see book.price", "readers", ("staff", "admin")),
        ("Only admin may change the price of a book.", "writers", ("admin",)),
        ("The price of a book is visible only to staff", "readers", ("staff",)),
        ("book.price can be set by admins only", "writers", ("admin",)),
    ],
)
def test_fields_of_some_roles(words: str, attribute: str, roles: tuple[str, ...]) -> None:
    change = read_rule(words, ENTITIES, None, KNOWN)
    assert isinstance(change, EntityChange)
    assert getattr(change.change(ENTITIES["book"]).field("price"), attribute) == roles


def test_words_that_are_no_roles_are_prose() -> None:
    assert read_rule("Only the author may change book.price", ENTITIES, None, KNOWN) is None


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        ("An order has 1 to 50 items (order_item)", (1, 50)),
        ("An order has at least one items (order_item)", (1, 100)),
        ("Orders contain up to 20 items (order_item)", None),
        ("An order contains up to 20 items (order_item)", (0, 20)),
        ("An order has 2..5 items (order_item)", (2, 5)),
    ],
)
def test_embeds(words: str, sizes: tuple[int, int] | None) -> None:
    change = read_rule(words, ENTITIES)
    if sizes is None:
        assert change is None
    else:
        assert isinstance(change, EntityChange)
        embed = change.change(ENTITIES["order"]).embeds[-1]
        assert (embed.field, embed.via, embed.min_items, embed.max_items) == (
            "items", "order_id", *sizes,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "context"),
    [
        ("order.status: placed -> paid", None),
        ("The status of an order moves only from placed -> paid", None),
        ("order status goes placed → paid", None),
        ("status: placed => paid", "order"),
        ("Status flow: placed -> paid", None),
    ],
)
def test_states(words: str, context: str | None) -> None:
    rule = read_rule(words, ENTITIES, context)
    assert isinstance(rule, StateMachine)
    assert (rule.entity, rule.field, rule.initial) == ("order", "status", "placed")
    assert [(move.source, move.target) for move in rule.transitions] == [("placed", "paid")]


@pytest.mark.parametrize(
    "words",
    [
        "Customers are nice",
        "order.mood: good -> bad",
        "The status of chairs: placed -> paid",
        "order.total: placed -> paid",
        "Creating an order_item takes quantity from book.stock; too little is refused with 422",
        "Creating an order_item takes courage from book.stock",
        "order.total is the sum of chairs legs",
        "An order has 1 to 50 chairs (chair)",
        "order_item.unit_price is copied from user.price",
        "",
    ],
)
def test_sentences_that_are_no_rules(words: str) -> None:
    assert read_rule(words, ENTITIES) is None


def test_long_sentences_cost_little() -> None:
    started = time.process_time()
    for words in ("a" * 299, "a " * 149, "order.status: " + "a -> " * 50, "x" * 100_000):
        read_rule(words, ENTITIES)
    assert time.process_time() - started < 1
