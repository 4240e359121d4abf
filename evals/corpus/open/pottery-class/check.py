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


import glob
import sqlite3


def login(n, p):
    r = c.post("/login", json={"name": n, "password": p})
    return {"Authorization": "Bearer " + r.json()["token"]} if r.status_code == 200 else r.status_code


t = login("teacher", os.environ["POTTERY_TEACHER_PASSWORD"])
assert c.post("/pupils", json={"name": "ann", "password": "ann-password"}, headers=t).status_code == 201
a = login("ann", "ann-password")
assert c.post("/pupils", json={"name": "bob", "password": "ann-password"}, headers=a).status_code == 403
assert c.put("/evenings/2024-05-31", headers=a).status_code == 200
assert c.get("/evenings/2024-05-31", headers=t).json()["pupils"] == 1
assert c.delete("/evenings/2024-05-31", headers=a).status_code == 204
r, q = (c.post("/forgot", json={"name": n}) for n in ("ann", "zoe"))
assert r.status_code == q.status_code == 202 and r.text == q.text
assert c.post("/reset", json={"name": "ann", "code": "nope", "password": "new-password"}).status_code == 400
if "APP_DIR" in os.environ:
    time.sleep(1)
    d = sqlite3.connect(glob.glob(os.environ["APP_DIR"] + "/*.db")[0])
    code = d.execute("SELECT text FROM outbox").fetchone()[0].split()[-1]
    assert c.post("/reset", json={"name": "ann", "code": code, "password": "new-password"}).status_code == 200
    assert c.get("/evenings/2024-05-31", headers=a).status_code == 401
fuzz(**t)
