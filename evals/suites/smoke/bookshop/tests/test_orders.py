"""Orders: sums, stock and states, from the spec's tables and rules."""

import pytest
from api import REFUSED, ids, ok
from conftest import book_body, order_body


def stock_of(anyone, book):
    return ok(anyone.get(f"/books/{book['id']}"))["stock"]


def status_of(caller, order):
    return ok(caller.get(f"/orders/{order['id']}"))["status"]


def test_an_order_adds_up(alice, staff, book):
    other = ok(staff.post("/books", book_body(price="0.30", stock=5)))
    body = {
        "items": [
            {"book_id": book["id"], "quantity": 2},
            {"book_id": other["id"], "quantity": 3},
        ]
    }
    order = ok(alice.post("/orders", body))
    assert order["total"] == "25.90"
    assert order["status"] == "placed"
    assert order["customer_id"] == alice.account["id"]


def test_an_order_shows_its_items(alice, order, book):
    (item,) = ok(alice.get(f"/orders/{order['id']}"))["items"]
    assert (item["book_id"], item["quantity"]) == (book["id"], 2)
    assert item["unit_price"] == "12.50"


def test_a_later_price_changes_no_order(alice, staff, order, book):
    ok(staff.patch(f"/books/{book['id']}", {"price": "99.00"}))
    assert ok(alice.get(f"/orders/{order['id']}"))["total"] == "25.00"


def test_an_order_takes_stock(alice, book, anyone):
    ok(alice.post("/orders", order_body(book, 2)))
    assert stock_of(anyone, book) == 8


def test_too_little_stock(alice, book, anyone):
    assert alice.post("/orders", order_body(book, 11)).status_code == 409
    assert stock_of(anyone, book) == 10


def test_a_refused_order_takes_nothing_at_all(alice, staff, book, anyone):
    scarce = ok(staff.post("/books", book_body(stock=0)))
    body = {
        "items": [
            {"book_id": book["id"], "quantity": 1},
            {"book_id": scarce["id"], "quantity": 1},
        ]
    }
    assert alice.post("/orders", body).status_code == 409
    assert stock_of(anyone, book) == 10


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_quantities(alice, book, quantity):
    assert alice.post("/orders", order_body(book, quantity)).status_code in REFUSED


def test_an_order_without_items(alice):
    assert alice.post("/orders", {"items": []}).status_code in REFUSED


def test_from_placed_to_shipped(alice, staff, order):
    ok(alice.post(f"/orders/{order['id']}/pay"))
    assert status_of(alice, order) == "paid"
    ok(staff.post(f"/orders/{order['id']}/ship"))
    assert status_of(alice, order) == "shipped"


def test_what_is_not_paid_is_not_shipped(staff, order):
    assert staff.post(f"/orders/{order['id']}/ship").status_code == 409
    assert status_of(staff, order) == "placed"


def test_nobody_pays_twice(alice, order):
    ok(alice.post(f"/orders/{order['id']}/pay"))
    assert alice.post(f"/orders/{order['id']}/pay").status_code == 409


@pytest.mark.parametrize("paid", [False, True])
def test_what_is_not_shipped_can_be_cancelled(alice, order, paid):
    if paid:
        ok(alice.post(f"/orders/{order['id']}/pay"))
    ok(alice.post(f"/orders/{order['id']}/cancel"))
    assert status_of(alice, order) == "cancelled"


def test_what_is_shipped_is_not_cancelled(alice, staff, order):
    ok(alice.post(f"/orders/{order['id']}/pay"))
    ok(staff.post(f"/orders/{order['id']}/ship"))
    assert alice.post(f"/orders/{order['id']}/cancel").status_code == 409


def test_the_list_is_filtered_by_status(alice, order):
    assert order["id"] in ids(alice.get("/orders", status="placed", limit=100))
    assert order["id"] not in ids(alice.get("/orders", status="paid", limit=100))
