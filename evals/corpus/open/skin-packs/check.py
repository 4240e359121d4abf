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
import zipfile

h = {"X-Packs-Key": os.environ["PACKS_KEY"]}


def z(**files):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as f:
        for n, t in files.items():
            f.writestr(n, t)
    return b.getvalue()


d = z(**{"main.css": "a{}", "sub/info.json": "{}"})
assert c.put("/packs/dark", content=d).status_code in (401, 422)
r = c.put("/packs/dark", content=d, headers=h | {"content-type": "application/zip"})
assert r.status_code == 201 and r.json()["files"] == ["main.css", "sub/info.json"], r.text
assert c.put("/packs/dark", content=d, headers=h | {"content-type": "application/zip"}).status_code == 409
assert c.get("/packs/dark/files/sub/info.json", headers=h).text == "{}"
assert c.get("/packs", headers=h).json() == [{"name": "dark", "files": 2}]
assert c.put("/packs/exe", content=z(**{"x.exe": "a"}), headers=h | {"content-type": "application/zip"}).status_code == 422
assert c.put("/packs/big", content=z(**{"x.css": "a" * 6_000_000}), headers=h | {"content-type": "application/zip"}).status_code == 422
assert c.put("/packs/mix", content=z(**{"x.css": "a", "x.css/y.css": "b"}), headers=h | {"content-type": "application/zip"}).status_code == 422
fuzz(X_Packs_Key=h["X-Packs-Key"])
