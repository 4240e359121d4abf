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


import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class H(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<rss>news</rss>")


s = HTTPServer(("127.0.0.1", 18471), H)
threading.Thread(target=s.serve_forever, daemon=True).start()
h = {"X-Relay-Key": os.environ["RELAY_KEY"]}
assert c.get("/partners").status_code == 401
assert "127.0.0.1:18471" in c.get("/partners", headers=h).json()
r = c.get("/relay", params={"url": "http://127.0.0.1:18471/feed"}, headers=h)
assert r.json()["text"] == "<rss>news</rss>", r.text
assert c.get("/relay", params={"url": "ftp://127.0.0.1/feed"}, headers=h).status_code == 422
fuzz(X_Relay_Key=h["X-Relay-Key"])
