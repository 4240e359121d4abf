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


r = c.post("/entries", data={"name": "Ann & Bo", "message": "Lovely\r\nstay"})
assert r.status_code == 303
p = c.get("/").text
assert "Ann &amp; Bo" in p and "Lovely" in p and 'id="entry-1"' in p
assert c.delete("/entries/1").status_code == 401
assert c.delete("/entries/1", headers={"X-Keeper-Key": os.environ["KEEPER_KEY"]}).status_code == 204
assert "Nobody wrote" in c.get("/").text
fuzz(X_Keeper_Key=os.environ["KEEPER_KEY"])
