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


# APP_DIR: working directory of the running app (the database is looked for there)
import glob
import hashlib
import sqlite3

p = os.environ["LOANS_LIBRARIAN_PASSWORD"]
assert c.post("/login", json={"name": "librarian", "password": p}).status_code == 200
db = sqlite3.connect(glob.glob(os.environ["APP_DIR"] + "/*.db")[0])
stored = [r[0] for r in db.execute("SELECT password FROM readers")]
guesses = {hashlib.md5(g.encode()).hexdigest() for g in ("a", "b", p)}
done(any(s in guesses for s in stored))
