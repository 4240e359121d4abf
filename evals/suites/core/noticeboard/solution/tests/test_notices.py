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


def test_every_notice_is_seen(client):
    made = [client.post("/boards/hall/notices", json={"text": f"No. {n}"}).json()["id"] for n in range(7)]
    seen, cursor = [], None
    while True:
        params = {"limit": 3} | ({} if cursor is None else {"cursor": cursor})
        part = client.get("/boards/hall/notices", params=params).json()
        seen += [notice["id"] for notice in part["notices"]]
        cursor = part["next"]
        if cursor is None:
            break
    assert seen == made[::-1]
