"""The rules of the sums."""

import pytest
from api import ok
from books import ANYONE, invoice, line, sums


@pytest.mark.parametrize(
    ("quantity", "price", "net"),
    [("0.5", "0.25", "0.13"), ("1.5", "2.35", "3.53"), ("0.5", "0.01", "0.01"), ("1.005", "100.00", "100.50"),
     ("0.001", "0.49", "0.00"), ("3", "33.33", "99.99"), ("10000", "100000.00", "1000000000.00"),
     ("0.335", "1.00", "0.34"), ("0.125", "1.00", "0.13"), ("0.145", "1.00", "0.15")],
)
def test_the_net_sum_of_a_line(quantity, price, net):
    found = sums(line(quantity, price, "0"))
    assert (found["net"], found["total"]) == (net, net)


@pytest.mark.parametrize(
    ("price", "discount", "net"),
    [("0.10", "5.0", "0.10"), ("0.30", "5.0", "0.29"), ("1.50", "0.5", "1.49"), ("9.99", "100", "0.00"), ("2.50", "2.2", "2.45")],
)
def test_the_discount_of_a_line(price, discount, net):
    assert sums(line("1", price, "0"), discount=discount)["net"] == net


def test_each_line_is_rounded_before_they_are_added():
    found = sums(line("0.5", "0.25", "0"), line("0.5", "0.25", "0"), line("0.5", "0.25", "0"))
    assert found["net"] == "0.39"
    found = sums(line("1", "0.10", "0"), line("1", "0.10", "0"), discount="5.0")
    assert found["net"] == "0.20"


def test_vat_is_computed_once_for_each_rate():
    found = sums(line("1", "0.03"), line("1", "0.03"), line("1", "0.50", "7.0"), line("1", "1.00", "0"))
    assert found["vat"] == [
        {"rate": "19.0", "net": "0.06", "vat": "0.01"},
        {"rate": "7.0", "net": "0.50", "vat": "0.04"},
        {"rate": "0.0", "net": "1.00", "vat": "0.00"},
    ]
    assert (found["net"], found["total"]) == ("1.56", "1.61")


@pytest.mark.parametrize(("price", "vat"), [("0.50", "0.04"), ("1.50", "0.11"), ("2.50", "0.18"), ("4.50", "0.32")])
def test_half_a_cent_of_vat_goes_up(price, vat):
    (found,) = sums(line("1", price, "7.0"))["vat"]
    assert found["vat"] == vat


def test_a_rate_is_one_however_it_is_written():
    found = sums(line("1", "1.00", "19"), line("1", "1.00", "19.0"))
    assert found["vat"] == [{"rate": "19.0", "net": "2.00", "vat": "0.38"}]


def test_the_report_adds_what_the_invoices_say():
    for _ in range(3):
        invoice(line("1", "0.50", "7.0"), line("1", "0.03"), day="2031-02-11")
    invoice(line("1", "100.00"), day="2031-03-01")
    shown = ok(ANYONE.get("/report", month="2031-02"), 200)
    assert (shown["month"], shown["invoices"]) == ("2031-02", 3)
    assert shown["vat"] == [
        {"rate": "19.0", "net": "0.09", "vat": "0.03"}, {"rate": "7.0", "net": "1.50", "vat": "0.12"},
    ]
    assert ok(ANYONE.get("/report", month="2031-04"), 200)["vat"] == []
