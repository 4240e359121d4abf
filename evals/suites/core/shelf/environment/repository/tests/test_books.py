"""Run with `python -m pytest`."""

import os
import tempfile

os.environ["DB_PATH"] = os.path.join(tempfile.mkdtemp(), "books.db")
os.environ["API_KEYS"] = "one,two"

from fastapi.testclient import TestClient  # noqa: E402

from app.main import app  # noqa: E402

KEY = {"X-Api-Key": "two"}


def test_a_book_is_kept():
    with TestClient(app) as client:
        body = {"title": "Emma", "author": "Jane Austen", "year": 1815}
        made = client.post("/books", json=body, headers=KEY)
        assert made.status_code == 201
        assert client.get(f"/books/{made.json()['id']}").json() == made.json()
        assert client.post("/books", json=body).status_code == 401
        assert client.delete(f"/books/{made.json()['id']}", headers=KEY).status_code == 204
