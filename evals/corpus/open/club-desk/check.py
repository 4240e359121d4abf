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


import re


def tok(r):
    return re.search(r'name="csrf" value="([0-9a-f]+)"', r.text)[1]


assert c.get("/me").status_code == 401
t = tok(c.get("/login"))
assert c.post("/login", data={"name": "admin", "password": "wrong-pass-1", "csrf": t}).status_code == 401
assert c.post("/login", data={"name": "admin", "password": os.environ["CLUB_ADMIN_PASSWORD"], "csrf": "x"}).status_code == 403
assert c.post("/login", data={"name": "admin", "password": os.environ["CLUB_ADMIN_PASSWORD"], "csrf": t}).status_code == 303
t = tok(c.get("/members"))
assert c.post("/members", data={"name": "bob", "password": "bobs-long-pass", "csrf": t}).status_code == 303
p = c.get("/me")
assert c.post("/me", data={"email": "a@b.example", "phone": "+1 22", "csrf": tok(p)}).status_code == 303
assert "a@b.example" in c.get("/me").text
d = httpx.Client(base_url=BASE)
t = tok(d.get("/login"))
assert d.post("/login", data={"name": "bob", "password": "bobs-long-pass", "csrf": t}).status_code == 303
assert d.get("/members").status_code == 403
assert d.post("/logout", data={"csrf": tok(d.get("/me"))}).status_code == 303
assert d.get("/me").status_code == 401
fuzz(Cookie="sid=" + c.cookies["sid"])
