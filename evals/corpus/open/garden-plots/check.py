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


B = {"X-Garden-Key": os.environ["PLOTS_BOARD_KEY"]}
assert c.post("/plots", json={"gardener": "Ann"}).status_code == 401
p = c.post("/plots", json={"gardener": "Ann"}, headers=B).json()
a = {"X-Garden-Key": p["key"]}
assert c.put(f"/plots/{p['id']}/crops", json={"crops": ["leek"]}, headers=a).status_code == 200
assert c.get("/plots", headers=a).json() == [{"id": p["id"], "gardener": "Ann", "crops": ["leek"]}]
assert c.post("/plots", json={"gardener": "Bob"}, headers=a).status_code == 403
assert c.put(f"/plots/{p['id']}/crops", json={"crops": ["kale"]}, headers=B).status_code == 200
fuzz(**{"X-Garden-Key": B["X-Garden-Key"]})
