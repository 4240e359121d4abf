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


h = {"X-Driver-Key": os.environ["PARCEL_DRIVER_KEY"]}
assert c.post("/parcels", json={"town": "Ghent"}).status_code == 401
p = c.post("/parcels", json={"town": "Ghent"}, headers=h).json()
n = p["number"]
assert c.post(f"/parcels/{n}/steps", json={"place": "Depot 4"}, headers=h).status_code == 201
r = c.get(f"/parcels/{n}?code={p['code']}").json()
assert r["town"] == "Ghent" and r["steps"][0]["place"] == "Depot 4"
w = "0" * 20
assert c.get(f"/parcels/{n}?code={w}").status_code == 404 and c.get(f"/parcels/{n + 5}?code={w}").status_code == 404
fuzz(**{"X-Driver-Key": h["X-Driver-Key"]})
