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
    return r.json() if r.status_code == 200 else r.status_code


def h(t):
    return {"Authorization": "Bearer " + t["access"]}


o = login("host", os.environ["STORY_HOST_PASSWORD"])
assert login("host", "wrong-password") == 401
assert c.post("/members", json={"name": "ann", "password": "ann-password"}, headers=h(o)).status_code == 201
a = login("ann", "ann-password")
i = c.post("/drafts", json={"title": "One", "text": "Once"}, headers=h(a)).json()["id"]
assert c.get(f"/drafts/{i}", headers=h(a)).json()["text"] == "Once"
assert c.get(f"/drafts/{i}", headers=h(o)).status_code == 404
n = c.post("/refresh", json={"refresh": a["refresh"]})
assert n.status_code == 200, n.text
assert c.post("/refresh", json={"refresh": a["refresh"]}).status_code == 401
assert c.post("/refresh", json={"refresh": n.json()["access"]}).status_code == 401
assert c.post("/members/ann/block", headers=h(o)).status_code == 200
assert c.post("/refresh", json={"refresh": n.json()["refresh"]}).status_code == 401
assert c.get("/drafts").status_code == 401
fuzz(**h(o))
