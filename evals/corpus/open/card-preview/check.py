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


assert "floral" in c.get("/").text
r = c.post("/preview", data={"design": "floral", "recipient": "Ann", "text": "Dear {recipient}, <3 & joy"})
assert "Dear Ann, &lt;3 &amp; joy" in r.text, r.text
assert c.post("/preview", data={"design": "gold", "recipient": "Ann", "text": "x"}).status_code == 422
fuzz()
