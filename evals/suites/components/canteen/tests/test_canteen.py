"""Dishes and orders, from the spec's tables and rules."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from api import BASE, REFUSED, ids, ok, register, unique


def new_dish(staff, **changes):
    body = {"name": unique(), "price": "2.35", "portions": 10} | changes
    return ok(staff.post(f"{BASE}/dishes", body))


def order(who, *items):
    rows = [{"dish_id": made["id"], "quantity": quantity} for made, quantity in items]
    return who.post(f"{BASE}/orders", {"items": rows})


def portions(staff, made):
    return ok(staff.get(f"{BASE}/dishes/{made['id']}"))["portions"]


def test_the_sum_and_the_copied_price(staff):
    who = register()
    soup, bread = new_dish(staff), new_dish(staff, price="0.50")
    made = ok(order(who, (soup, 3), (bread, 2)))
    assert Decimal(str(made["total"])) == Decimal("8.05")
    ok(staff.patch(f"{BASE}/dishes/{soup['id']}", {"price": "9.99"}))
    shown = ok(who.get(f"{BASE}/orders/{made['id']}"))
    assert Decimal(str(shown["total"])) == Decimal("8.05")
    assert (shown["status"], shown["member_id"]) == ("placed", who.account["id"])


def test_portions_go_down(staff):
    made = new_dish(staff)
    ok(order(register(), (made, 4)))
    assert portions(staff, made) == 6
    assert order(register(), (made, 7)).status_code == 409
    assert portions(staff, made) == 6


def test_a_refused_order_takes_nothing(staff):
    who, plenty, few = register(), new_dish(staff), new_dish(staff, portions=1)
    assert order(who, (plenty, 2), (few, 2)).status_code == 409
    assert (portions(staff, plenty), portions(staff, few)) == (10, 1)
    assert ids(who.get(f"{BASE}/orders")) == []


def test_the_last_portions_at_once(staff):
    made, who = new_dish(staff, portions=5), register()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: order(who, (made, 2)).status_code, range(8)))
    assert answers.count(409) == 6
    assert portions(staff, made) == 1


@pytest.mark.parametrize("quantity", [0, 21, -1, "many"])
def test_quantities(staff, quantity):
    assert order(register(), (new_dish(staff), quantity)).status_code in REFUSED


def test_an_order_has_items(staff):
    who, made = register(), new_dish(staff, portions=50)
    assert order(who).status_code in REFUSED
    assert order(who, *[(made, 1)] * 11).status_code in REFUSED
    assert portions(staff, made) == 50


@pytest.mark.parametrize("changes", [{"price": "0"}, {"portions": -1}, {"name": None}])
def test_dishes_that_are_none(staff, changes):
    body = {"name": "Soup", "price": "1.00"} | changes
    assert staff.post(f"{BASE}/dishes", body).status_code in REFUSED


def test_the_ways_of_an_order(staff):
    who, made = register(), new_dish(staff)
    first, second = ok(order(who, (made, 1))), ok(order(who, (made, 1)))
    ok(staff.post(f"{BASE}/orders/{first['id']}/serve"))
    assert who.post(f"{BASE}/orders/{first['id']}/cancel").status_code == 409
    ok(who.post(f"{BASE}/orders/{second['id']}/cancel"))
    assert staff.post(f"{BASE}/orders/{second['id']}/serve").status_code == 409
    assert ids(who.get(f"{BASE}/orders", status="served")) == [first["id"]]


def test_an_error_comes_in_an_envelope(anyone):
    answer = anyone.get(f"{BASE}/dishes/2000000000")
    assert answer.status_code == 404
    assert isinstance(answer.json()["error"], dict)
