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


m = login("manager", os.environ["ROSTER_MANAGER_PASSWORD"])
assert login("manager", "x" * 12) == 401 and login("nobody", "x" * 12) == 401
for n in ("anna", "bert"):
    assert c.post("/nurses", json={"name": n, "password": n * 4}, headers=m).status_code == 201
a, b = login("anna", "anna" * 4), login("bert", "bert" * 4)
s = {"nurse": "anna", "day": "2024-05-31", "part": "late"}
assert c.post("/shifts", json=s, headers=a).status_code == 403
i = c.post("/shifts", json=s, headers=m).json()["id"]
assert c.post("/shifts", json=s, headers=m).status_code == 409
assert c.post(f"/shifts/{i}/give", json={"to": "bert"}, headers=b).status_code == 403
assert c.post(f"/shifts/{i}/give", json={"to": "bert"}, headers=a).status_code == 200
assert c.get("/shifts?day=2024-05-31", headers=a).json() == [{"id": i, "nurse": "bert", "part": "late"}]
assert c.get("/shifts?day=2024-05-31").status_code == 401
fuzz(**m)
