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


x = {"X-Requested-With": "board"}


def client(n, p):
    d = httpx.Client(base_url=BASE, headers=x, timeout=30)
    assert d.post("/session", json={"name": n, "password": p}).status_code == 200
    return d


assert c.post("/session", json={"name": "chief", "password": "wrong-password"}, headers=x).status_code == 401
k = client("chief", os.environ["BOARD_CHIEF_PASSWORD"])
for n in ("ann", "bob"):
    assert k.post("/staff", json={"name": n, "password": n * 4 + "-pw"}).status_code == 201
a = client("ann", "annannannann-pw")
assert a.post("/staff", json={"name": "eve", "password": "x" * 12}).status_code == 403
i = a.post("/notices", json={"text": "Party!"}).json()["id"]
assert a.get("/notices").json() == [] and a.post(f"/notices/{i}/approve").status_code == 403
assert k.post(f"/notices/{i}/approve").status_code == 200 and a.get("/notices").json()[0]["text"] == "Party!"
assert k.delete("/staff/bob").status_code == 204 and k.get("/staff").json() == ["ann", "chief"]
assert a.delete("/session").status_code == 204 and a.get("/notices").status_code == 401
assert k.delete("/notices/1", headers={"X-Requested-With": "no"}).status_code == 403
fuzz(X_Requested_With="board", Cookie="board=" + k.cookies["board"])
