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


h = {"X-Operator-Key": os.environ["OPERATOR_KEY"]}
assert c.get("/logs").status_code == 401
assert {x["file"] for x in c.get("/logs", headers=h).json()} == {"web.log", "jobs.log"}
r = c.post("/logs/count", json={"file": "web.log", "term": "slow query"}, headers=h)
assert r.json()["lines"] == "2", r.text
r = c.post("/logs/count", json={"file": "web.log", "term": "warn", "ignore_case": True}, headers=h)
assert r.json()["lines"] == "2", r.text
assert c.get("/logs/jobs.log/tail?lines=1", headers=h).text.endswith("backup finished")
fuzz(X_Operator_Key=h["X-Operator-Key"])
