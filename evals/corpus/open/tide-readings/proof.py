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


h = {"X-Station-Key": os.environ["STATION_KEY"]}
for k in range(20):
    b = {"readings": [{"at": k * 500 + i, "mm": 1} for i in range(500)]}
    assert c.post("/gauges/hull/readings", json=b, headers=h).status_code == 201
r = c.get("/gauges/hull/readings?limit=200000")
done(r.status_code == 200 and len(r.json()) >= 9000)
