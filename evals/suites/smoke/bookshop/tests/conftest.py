"""The people of the shop, and things to sell."""

import pytest
from api import ADMIN, Caller, login, ok, promote, register, unique


@pytest.fixture(scope="session")
def admin():
    return login(*ADMIN)


@pytest.fixture(scope="session")
def staff(admin):
    return promote(admin, "staff")


@pytest.fixture(scope="session")
def alice():
    return register()


@pytest.fixture(scope="session")
def bob():
    return register()


@pytest.fixture(scope="session")
def anyone():
    return Caller()


@pytest.fixture
def book(staff):
    return ok(staff.post("/books", book_body(stock=10)))


@pytest.fixture
def order(alice, book):
    return ok(alice.post("/orders", order_body(book, 2)))


def book_body(**changes):
    mark = unique()
    body = {"title": f"Book {mark}", "author": f"Author {mark}", "isbn": mark, "price": "12.50"}
    return body | changes


def order_body(book, quantity):
    return {"items": [{"book_id": book["id"], "quantity": quantity}]}
