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


def dues(client, start, until, every_months=1):
    body = {"name": "Ada", "start": start, "every_months": every_months, "cents": 500}
    made = client.post("/members", json=body).json()
    answer = client.get(f"/members/{made['id']}/dues", params={"until": until})
    return [entry["due"] for entry in answer.json()["dues"]]


def test_the_same_day_every_month(client):
    assert dues(client, "2025-11-15", "2026-01-15") == ["2025-11-15", "2025-12-15", "2026-01-15"]


def test_the_last_day_of_short_months(client):
    assert dues(client, "2026-01-31", "2026-04-30") == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30",
    ]
