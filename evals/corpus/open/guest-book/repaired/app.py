import hmac
import os
import sqlite3
import threading
import time
from collections import deque
from contextlib import closing
from typing import Annotated

from fastapi import FastAPI, Form, Header, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.templating import Jinja2Templates

KEEPER_KEY = os.environ["KEEPER_KEY"]
if len(KEEPER_KEY) < 20:
    raise RuntimeError("KEEPER_KEY must be 20 characters at least")
DB = os.environ.get("GUESTBOOK_DB", "guestbook.db")
templates = Jinja2Templates(directory=os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates"))
app = FastAPI(title="Guest book")


MAX_BODY = 16 * 1024


@app.middleware("http")
async def limit_body(request: Request, call_next):
    declared = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not declared.isdecimal():
        return JSONResponse({"detail": "Length required"}, status_code=411)
    if len(declared) > 9 or int(declared) > MAX_BODY:
        return JSONResponse({"detail": "Body too large"}, status_code=413)
    response = await call_next(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.exception_handler(RequestValidationError)
async def bad_input(request: Request, exc: RequestValidationError):
    return JSONResponse({"detail": "Invalid input"}, status_code=422)


_hits: dict[str, deque] = {}
_hits_lock = threading.Lock()


def throttle(key: str, limit: int, window: float) -> None:
    now = time.monotonic()
    with _hits_lock:
        if len(_hits) > 10_000:
            for old in [k for k, q in _hits.items() if now - q[-1] > 900]:
                del _hits[old]
            while len(_hits) > 10_000:
                _hits.pop(next(iter(_hits)))
        queue = _hits.setdefault(key, deque(maxlen=200))
        while queue and now - queue[0] > window:
            queue.popleft()
        if len(queue) >= limit:
            raise HTTPException(429, "Too many attempts, try again later")
        queue.append(now)


def client_ip(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def open_db():
    con = sqlite3.connect(DB, timeout=15)
    con.row_factory = sqlite3.Row
    return closing(con)


with open_db() as con, con:
    con.execute(
        "CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, "
        "message TEXT NOT NULL, day TEXT NOT NULL DEFAULT CURRENT_DATE)"
    )


@app.get("/", response_class=HTMLResponse)
def book(request: Request):
    with open_db() as con:
        entries = con.execute("SELECT * FROM entries ORDER BY id DESC LIMIT 50").fetchall()
    return templates.TemplateResponse(request, "book.html", {"entries": entries})


@app.post("/entries")
def write(
    request: Request,
    name: Annotated[str, Form(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")],
    message: Annotated[str, Form(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")],
):
    throttle(f"write:{client_ip(request)}", limit=5, window=3600)
    with open_db() as con, con:
        con.execute("INSERT INTO entries (name, message) VALUES (?, ?)", (name, message.replace("\r\n", "\n")))
        con.execute("DELETE FROM entries WHERE id <= (SELECT max(id) - 2000 FROM entries)")
    return RedirectResponse("/", status_code=303)


@app.delete("/entries/{entry_id}", status_code=204)
def take_out(entry_id: Annotated[int, Path(ge=1, le=2**53)], x_keeper_key: Annotated[str, Header()] = ""):
    if not hmac.compare_digest(x_keeper_key.encode(), KEEPER_KEY.encode()):
        raise HTTPException(401, "Only the keeper may do this")
    with open_db() as con, con:
        if con.execute("DELETE FROM entries WHERE id = ?", (entry_id,)).rowcount == 0:
            raise HTTPException(404, "No such entry")
