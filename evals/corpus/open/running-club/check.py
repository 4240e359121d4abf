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


t = login("trainer", os.environ["RUN_TRAINER_PASSWORD"])
assert login("trainer", "wrong-password") == 401 and login("nobody", "wrong-password") == 401
i = c.post("/members", json={"name": "ann", "email": "ann@x.example", "password": "ann-password"}, headers=t).json()["id"]
a = login("ann", "ann-password")
assert c.post("/members", json={"name": "bob", "email": "ann@x.example", "password": "ann-password"}, headers=a).status_code == 403
assert c.post("/runs", json={"metres": 5000, "seconds": 1500}, headers=a).status_code == 201
r = c.get(f"/members/{i}", headers=t).json()
assert r["name"] == "ann" and r["runs"] == [{"metres": 5000, "seconds": 1500}]
assert {"id": i, "name": "ann", "metres": 5000} in c.get("/members", headers=a).json()
assert c.get("/me", headers=a).json()["email"] == "ann@x.example"
assert c.post("/logout", headers=a).status_code == 204 and c.get("/me", headers=a).status_code == 401
fuzz(**t)
