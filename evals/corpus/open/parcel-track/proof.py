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


done(c.get("/parcels/99999999999999999999999?code=0123456789abcdef0123").status_code >= 500)
