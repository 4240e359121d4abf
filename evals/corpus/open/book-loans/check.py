import os
import sys
import time
import json
import traceback

import httpx

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
c = httpx.Client(base_url=BASE, timeout=60)


def _fail(t, v, tb):
    traceback.print_exception(t, v, tb)
    os._exit(2)


sys.excepthook = _fail


def fuzz(**headers):
    print(json.dumps({k.replace("_", "-"): v for k, v in headers.items()}))


def login(n, p):
    r = c.post("/login", json={"name": n, "password": p})
    return {"Authorization": "Bearer " + r.json()["token"]} if r.status_code == 200 else r.status_code


L = login("librarian", os.environ["LOANS_LIBRARIAN_PASSWORD"])
assert login("librarian", "wrong-password") == 401 and login("nobody", "wrong-password") == 401
for n in ("ann", "bob"):
    assert c.post("/readers", json={"name": n, "password": n * 5}, headers=L).status_code == 201
i = c.post("/books", json={"title": "Dune"}, headers=L).json()["id"]
a, b = login("ann", "ann" * 5), login("bob", "bob" * 5)
assert c.post("/books", json={"title": "Dune"}, headers=a).status_code == 403
assert c.post(f"/books/{i}/borrow", headers=a).status_code == 200
assert c.post(f"/books/{i}/borrow", headers=b).status_code == 409
assert c.post(f"/books/{i}/return", headers=b).status_code == 404
assert c.get("/loans", headers=a).json() == [{"id": i, "title": "Dune"}] and c.get("/loans", headers=b).json() == []
assert c.get("/books", headers=b).json()[0]["available"] is False
assert c.post("/logout", headers=b).status_code == 204 and c.get("/loans", headers=b).status_code == 401
fuzz(**L)
