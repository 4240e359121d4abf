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


o = login("office", os.environ["METER_OFFICE_PASSWORD"])
assert login("office", "wrong-password") == 401 and login("nobody", "wrong-password") == 401
assert c.post("/customers", json={"name": "ann", "password": "ann-password"}, headers=o).status_code == 201
a = login("ann", "ann-password")
assert c.post("/readings", json={"litres": 500}, headers=a).status_code == 201
assert c.post("/readings", json={"litres": 400}, headers=a).status_code == 409
assert c.get("/readings", headers=a).json()[0]["litres"] == 500
assert c.get("/customers/ann/readings", headers=o).json()[0]["litres"] == 500
assert c.get("/customers/ann/readings", headers=a).status_code == 403
assert c.get("/readings").status_code == 401
fuzz(**o)
