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


import io

from PIL import Image

h = {"X-Shelter-Key": os.environ["SHELTER_KEY"]}
b = io.BytesIO()
Image.new("RGB", (20, 10), "red").save(b, "PNG")
f = {"file": ("rex.png", b.getvalue(), "image/png")}
assert c.post("/photos", files=f, data={"animal": "Rex"}).status_code == 401
r = c.post("/photos", files=f, data={"animal": "Rex"}, headers=h)
assert r.status_code == 201, r.text
u = r.json()["url"]
p = c.get(u)
assert p.headers["content-type"] == "image/png" and Image.open(io.BytesIO(p.content)).size == (20, 10)
assert c.get("/photos").json() == [{"animal": "Rex", "url": u}]
assert c.post("/photos", files={"file": ("a.txt", b"hello", "text/plain")}, data={"animal": "x"}, headers=h).status_code == 415
assert c.delete(u, headers=h).status_code == 204
assert c.get(u).status_code == 404
fuzz(X_Shelter_Key=h["X-Shelter-Key"])
