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


k = login("desk", os.environ["VET_DESK_PASSWORD"])
assert login("desk", "wrong-password") == 401 and login("nobody", "wrong-password") == 401
assert c.post("/owners", json={"name": "ann", "password": "ann-password"}, headers=k).status_code == 201
assert c.post("/owners", json={"name": "ann", "password": "ann-password"}, headers=k).status_code == 409
a = login("ann", "ann-password")
i = c.post("/bills", json={"owner": "ann", "animal": "Rex", "treatment": "teeth", "cents": 4000}, headers=k).json()["id"]
assert c.get(f"/bills/{i}", headers=a).json()["treatment"] == "teeth"
assert c.get(f"/bills/{i}", headers=k).status_code == 200
assert len(c.get("/bills", headers=a).json()) == 1
assert c.post(f"/bills/{i}/paid", headers=a).status_code == 403
assert c.post(f"/bills/{i}/paid", headers=k).json()["paid"] is True
assert c.post("/logout", headers=a).status_code == 204 and c.get("/bills", headers=a).status_code == 401
fuzz(**k)
