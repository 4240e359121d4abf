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


h = {"X-Station-Key": os.environ["STATION_KEY"]}
b = {"readings": [{"at": 1714550000 + i * 60, "mm": 2310 + i} for i in range(120)]}
assert c.post("/gauges/hull/readings", json=b).status_code == 401
assert c.post("/gauges/hull/readings", json=b, headers=h).json() == {"stored": 120}
assert c.post("/gauges/hull/readings", json=b, headers=h).json() == {"stored": 120}
assert len(c.get("/gauges/hull/readings").json()) == 50
r = c.get("/gauges/hull/readings?since=1714550000&limit=3").json()
assert [x["mm"] for x in r] == [2311, 2312, 2313]
assert c.get("/gauges").json() == ["hull"]
fuzz(X_Station_Key=h["X-Station-Key"])
