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


B = {"Authorization": "Bearer " + os.environ["WALLET_BANK_KEY"]}
assert c.post("/shops", json={"name": "Shoes"}).status_code == 401
a, b = ({"Authorization": "Bearer " + c.post("/shops", json={"name": n}, headers=B).json()["key"]} for n in ("Shoes", "Tea"))
k = c.post("/cards", json={"cents": 1000}, headers=a).json()["code"]
assert c.post(f"/cards/{k}/pay", json={"cents": 700}, headers=b).json() == {"paid": 700, "left": 300}
assert c.post(f"/cards/{k}/pay", json={"cents": 700}, headers=a).status_code == 409
assert c.get(f"/cards/{k}", headers=B).json() == {"cents": 300}
assert c.get("/shops/me", headers=b).json()["taken"] == 700
assert c.post("/shops", json={"name": "X"}, headers=a).status_code == 403
fuzz(**a)
