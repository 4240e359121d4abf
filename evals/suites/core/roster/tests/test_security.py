"""Nothing without the key, nothing that a client may not set."""

import pytest
from api import Caller, ok, unique
from office import OFFICE, volunteer


@pytest.mark.parametrize("token", [None, "", "nonsense"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/volunteers"), ("GET", "/volunteers/1"), ("GET", "/volunteers/1/shifts"),
     ("POST", "/volunteers"), ("POST", "/volunteers/1/shifts"), ("GET", "/hours?month=2025-01"),
     ("GET", "/volunteers/by-handle/ada-berg")],
)
def test_the_key_is_needed(token, method, path):
    sent = {"json": {"name": "Eve", "phone": "1", "day": "2026-01-01", "hours": 1}}
    assert Caller(token).call(method, path, **(sent if method == "POST" else {})).status_code == 401


def test_no_client_gives_a_handle():
    name = unique("eve").lower()
    answer = OFFICE.post("/volunteers", {"name": name, "phone": "1", "handle": "chosen"})
    assert answer.status_code == 422 or answer.json()["handle"] == name


@pytest.mark.parametrize("text", ["' OR '1'='1", "x'; DROP TABLE shift; --", "%"])
def test_a_handle_is_no_query(text):
    volunteer()
    assert OFFICE.get(f"/volunteers/by-handle/{text}").status_code == 404
    assert OFFICE.get("/hours", month=text).status_code == 422
    assert ok(OFFICE.get("/volunteers"), 200)["volunteers"]
