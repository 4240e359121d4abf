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


h = {"X-Api-Key": os.environ["CATALOG_KEY"]}
assert c.post("/plants", json={"name": "Rose", "price_cents": 5}).status_code == 401
r = c.post("/plants", json={"name": "Rose 100%", "price_cents": 5, "published": True}, headers=h)
assert r.status_code == 201, r.text
i = r.json()["id"]
assert c.get(f"/plants/{i}").json()["name"] == "Rose 100%"
assert len(c.get("/plants", params={"q": "100%"}).json()) == 1
assert c.get("/plants", params={"q": "1_0"}).json() == []
fuzz(X_Api_Key=h["X-Api-Key"])
