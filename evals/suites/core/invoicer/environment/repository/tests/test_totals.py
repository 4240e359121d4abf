"""Run with `python -m pytest`."""

import os
import tempfile

os.environ["DB_PATH"] = os.path.join(tempfile.mkdtemp(), "test.db")

import pytest  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402

from app.main import app  # noqa: E402


@pytest.fixture
def client():
    with TestClient(app) as found:
        yield found


def invoice(client, *lines, discount="0"):
    body = {"customer": "Ada", "day": "2026-05-04", "discount": discount, "lines": list(lines)}
    answer = client.post("/invoices", json=body)
    assert answer.status_code == 201
    return answer.json()["sums"]


def line(quantity, price, vat="19.0"):
    return {"text": "Work", "quantity": quantity, "price": price, "vat": vat}


def test_whole_sums(client):
    assert invoice(client, line("2", "10.00"))["total"] == "23.80"


def test_half_a_cent_goes_up(client):
    assert invoice(client, line("0.5", "0.25", "0"))["total"] == "0.13"
    assert invoice(client, line("1.5", "2.35", "0"))["total"] == "3.53"
