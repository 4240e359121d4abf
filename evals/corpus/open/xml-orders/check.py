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


K = dict(p.split(":") for p in os.environ["DEALER_KEYS"].split(","))
n, s = ({"X-Dealer-Key": K[x], "content-type": "application/xml"} for x in ("north", "south"))
x = b'<order><reference>A-17 &amp; B</reference><item sku="P100" count="2"/></order>'
assert c.post("/orders", content=x, headers={"content-type": "application/xml"}).status_code == 401
r = c.post("/orders", content=x, headers=n)
assert r.status_code == 201 and r.json()["reference"] == "A-17 & B", r.text
i = r.json()["id"]
assert c.get(f"/orders/{i}", headers=n).json()["items"] == [{"sku": "P100", "count": 2}]
assert c.get(f"/orders/{i}", headers=s).status_code == 404
assert c.get("/orders", headers=s).json() == []
assert c.post("/orders", content=b"<order/>", headers=n).status_code == 422
fuzz(X_Dealer_Key=K["north"])
