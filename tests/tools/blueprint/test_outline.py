import pytest

from tests.tools.examples import LIBRARY
from tools.blueprint.model import (
    Blueprint,
    CopyRule,
    Embed,
    Entity,
    EntityField,
    StockRule,
    SumRule,
)
from tools.blueprint.outline import OutlinePart, outline_blueprint

OUTLINE = """\
library: Library
Conventions: base path /; errors problem, invalid 422; pages keyset (limit 20..100, cursor); \
ids uuid; decimals string; unknown fields forbid; another's object 404; login body form
Roles: reader, librarian
Auth: user.email + password (argon2id, at least 8), access 900 s, refresh 1209600 s \
rotating (reuse ends the session), registers as reader (R1)
enum user_role: reader, librarian
enum loan_status: open, closed
entity user (table users)
  id: uuid, read only, generated uuid
  email: string(254), unique, email
  password_hash: text, read only, hidden
  role: enum(user_role), read only, default "reader"
entity loan (table loans, owner reader_id)
  id: uuid, read only, generated uuid
  reader_id: uuid, read only, -> user cascade, generated caller
  title: string(200), R2
  status: enum(loan_status), read only, default "open"
POST /auth/login  login  [public] 200
POST /loans  create loan  [reader] 201
GET /loans  list loan  [reader own, librarian] 200; filters status (R3)
POST /loans/renew  custom  [librarian] 200; Move the end of every open loan by a week.
rule states loan.status: starts open; open -> closed by librarian
rule three_loans: A reader has at most three open loans.
scenario borrow: 1 step
Requirements without proof yet:
  R4 (line 21): A reader has at most three open loans. [no part shows it]"""


def test_outline_of_everything() -> None:
    assert outline_blueprint(LIBRARY) == OUTLINE


@pytest.mark.parametrize(
    ("part", "first"),
    [
        ("conventions", "Conventions: base path /"),
        ("entities", "enum user_role: reader, librarian"),
        ("endpoints", "POST /auth/login  login  [public] 200"),
        ("rules", "rule states loan.status"),
        ("scenarios", "scenario borrow"),
        ("requirements", "Requirements without proof yet:"),
    ],
)
def test_outline_of_one_part(part: OutlinePart, first: str) -> None:
    text = outline_blueprint(LIBRARY, part)
    assert text.startswith(first)
    assert part == "scenarios" or text in OUTLINE


def test_the_steps_of_scenarios_are_shown_when_asked_for() -> None:
    borrow = LIBRARY.scenarios[0]
    racing = tuple(step.model_copy(update={"at_once": True}) for step in borrow.steps * 2)
    raced = borrow.model_copy(update={"steps": racing, "name": "race"})
    twice = LIBRARY.model_copy(update={"scenarios": (borrow, raced)})
    assert outline_blueprint(twice, "scenarios").split("\n") == [
        "scenario borrow: reader:ann POST /loans -> 201",
        "scenario race: reader:ann POST /loans at once -> 201 | "
        "reader:ann POST /loans at once -> 201",
    ]


def test_outline_of_what_is_not_there() -> None:
    assert outline_blueprint(Blueprint(name="x", title="X"), "rules") == "no rules"


def test_outline_of_further_rules_and_embedded_rows() -> None:
    order = Entity(
        name="order",
        table="orders",
        fields=(EntityField(name="total", type="decimal", precision=10, scale=2),),
        embeds=(Embed(entity="item", field="items", via="order_id", max_items=9),),
        unique_together=(("a", "b"),),
        indexes=(("a",),),
        soft_delete=True,
    )
    rules = (
        StockRule(entity="item", amount="quantity", via="book_id", counter="stock"),
        CopyRule(entity="item", field="price", via="book_id", source="price"),
        SumRule(entity="order", field="total", child="item", factors=("quantity", "price")),
    )
    text = outline_blueprint(
        Blueprint(name="x", title="X", form="free", entities=(order,), rules=rules)
    )
    assert text.split("\n")[0] == "x: X (form dictated by the spec)"
    assert text.split("\n")[2:] == [
        "entity order (table orders, soft delete)",
        "  total: decimal(10,2)",
        "  unique_together (a, b)",
        "  index (a)",
        "  embeds items: 1..9 of item via order_id",
        "rule stock item.quantity: takes quantity from stock of book_id; too little is 409",
        "rule copy item.price: copied from price of book_id",
        "rule sum order.total: sum of quantity * price over item",
    ]


def test_requirements_that_are_settled() -> None:
    settled = LIBRARY.model_copy(update={"not_testable": {"R4": "a wish"}})
    assert outline_blueprint(settled, "requirements") == (
        "Not testable: R4, a wish\nAll 4 requirements have a part that shows them."
    )
