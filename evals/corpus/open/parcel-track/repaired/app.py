import hmac
import os
import secrets
import sqlite3
import threading
import time
from collections import deque
from contextlib import closing, contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

DRIVER_KEY = os.environ["PARCEL_DRIVER_KEY"]
if len(DRIVER_KEY) < 20:
    raise RuntimeError("PARCEL_DRIVER_KEY is too short")
DB = os.environ.get("PARCEL_DB", "parcels.db")
app = FastAPI(title="Parcel tracking")


MAX_BODY = 2048


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


@contextmanager
def db():
    with closing(sqlite3.connect(DB, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with db() as con:
    con.executescript(
        """CREATE TABLE IF NOT EXISTS parcels (number INTEGER PRIMARY KEY, town TEXT NOT NULL, code TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS steps (id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, place TEXT NOT NULL,
          at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE INDEX IF NOT EXISTS steps_parcel ON steps (parcel);"""
    )

Text = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Number = Annotated[int, Path(ge=1, le=2**53)]


class NewParcel(BaseModel):
    town: Text


class Step(BaseModel):
    place: Text


def driver(x_driver_key: Annotated[str, Header()] = "") -> None:
    if not hmac.compare_digest(x_driver_key.encode(), DRIVER_KEY.encode()):
        raise HTTPException(401, "Only for drivers")


@app.post("/parcels", status_code=201, dependencies=[Depends(driver)])
def enter(body: NewParcel):
    code = secrets.token_hex(10)
    with db() as con:
        cur = con.execute(
            "INSERT INTO parcels (town, code) SELECT ?, ? WHERE (SELECT count(*) FROM parcels) < 100000", (body.town, code)
        )
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many parcels")
    return {"number": cur.lastrowid, "code": code}


@app.post("/parcels/{number}/steps", status_code=201, dependencies=[Depends(driver)])
def add_step(number: Number, body: Step):
    with db() as con:
        if con.execute("SELECT 1 FROM parcels WHERE number = ?", (number,)).fetchone() is None:
            raise HTTPException(404, "No such parcel")
        cur = con.execute(
            "INSERT INTO steps (parcel, place) SELECT :n, :p WHERE (SELECT count(*) FROM steps WHERE parcel = :n) < 50",
            {"n": number, "p": body.place},
        )
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many steps")
    return {"number": number, "place": body.place}


@app.get("/parcels/{number}")
def track(number: Number, request: Request, code: Annotated[str, Query(pattern=r"^[0-9a-f]{20}$")]):
    throttle(f"ip:{client_ip(request)}", 30, 60)
    with db() as con:
        parcel = con.execute("SELECT * FROM parcels WHERE number = ?", (number,)).fetchone()
        steps = con.execute("SELECT place, at FROM steps WHERE parcel = ? ORDER BY id", (number,)).fetchall()
    if parcel is None or not hmac.compare_digest(parcel["code"], code):
        raise HTTPException(404, "No such parcel, or the code is wrong")
    return {"number": number, "town": parcel["town"], "steps": [dict(s) for s in steps]}
