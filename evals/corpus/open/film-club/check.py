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


def login(n, p):
    r = c.post("/login", json={"name": n, "password": p})
    return {"Authorization": "Bearer " + r.json()["token"]} if r.status_code == 200 else r.status_code


assert c.post("/members", json={"name": "ann", "password": "ann-password"}).status_code == 201
assert c.post("/members", json={"name": "ann", "password": "ann-password"}).status_code == 409
a = login("ann", "ann-password")
assert login("ann", "wrong-password") == 401
assert c.patch("/me", json={"city": "Ghent"}, headers=a).json() == {"name": "ann", "role": "member", "city": "Ghent", "about": ""}
i = c.post("/films", json={"title": "Alien"}, headers=a).json()["id"]
assert c.get("/films", headers=a).json() == [{"id": i, "title": "Alien", "by": "ann"}]
assert c.delete(f"/films/{i}", headers=a).status_code == 403
k = login("chair", os.environ["CLUB_CHAIR_PASSWORD"])
assert c.delete(f"/films/{i}", headers=k).status_code == 204
assert c.post("/logout", headers=a).status_code == 204 and c.get("/me", headers=a).status_code == 401
fuzz(**k)
