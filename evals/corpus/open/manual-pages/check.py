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


assert "lathe/setup.txt" in c.get("/").text
assert "&lt;spindle&gt;" in c.get("/manuals/lathe/setup.txt").text
assert "Level the bed" in c.get("/raw/lathe/setup.txt").text
assert c.get("/find?word=wanders").json() == ["saw/blades.txt"]
assert c.get("/raw/none.txt").status_code == 404
fuzz()
