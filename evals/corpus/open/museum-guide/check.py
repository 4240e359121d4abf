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


assert "/rooms/2" in c.get("/").text
assert "Lamps &amp; helmets" in c.get("/rooms/2").text
r = c.get("/language/nl?back=/rooms/2")
assert r.status_code == 303 and r.headers["location"] == "/rooms/2"
assert "Lampen" in c.get("/rooms/2", headers={"Cookie": "language=nl"}).text
assert c.get("/language/fr").status_code == 404
assert c.get("/rooms/9").status_code == 404
fuzz()
