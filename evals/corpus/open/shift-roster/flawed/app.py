import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
from collections import deque
from contextlib import closing, contextmanager
from datetime import date
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

SECRET = os.environ["ROSTER_SECRET"]
if len(SECRET) < 32:
    raise RuntimeError("ROSTER_SECRET needs 32 characters")
DB = os.environ.get("ROSTER_DB", "roster.db")
app = FastAPI(title="Shift roster")


MAX_BODY = 8 * 1024


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


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5, maxmem=64 * 1024 * 1024)
    return f"{salt.hex()}${key.hex()}"


def verify_password(password: str, stored: str) -> bool:
    salt, key = stored.split("$")
    candidate = hashlib.scrypt(
        password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=5, maxmem=64 * 1024 * 1024
    )
    return hmac.compare_digest(candidate.hex(), key)


DUMMY_HASH = hash_password(secrets.token_hex(16))


@contextmanager
def db():
    with closing(sqlite3.connect(DB, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with db() as con:
    con.executescript(
        """CREATE TABLE IF NOT EXISTS nurses (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, pw TEXT NOT NULL, manager INTEGER NOT NULL);
           CREATE TABLE IF NOT EXISTS shifts (id INTEGER PRIMARY KEY, nurse INTEGER NOT NULL REFERENCES nurses, day TEXT NOT NULL,
             part TEXT NOT NULL, UNIQUE (nurse, day, part));"""
    )
    if con.execute("SELECT 1 FROM nurses WHERE name = 'manager'").fetchone() is None:
        con.execute(
            "INSERT INTO nurses (name, pw, manager) VALUES ('manager', ?, 1)",
            (hash_password(os.environ["ROSTER_MANAGER_PASSWORD"]),),
        )

Name = Annotated[str, Field(pattern=r"^[a-z]{3,20}$")]


class Login(BaseModel):
    name: Name
    password: str = Field(min_length=10, max_length=100)


class NewShift(BaseModel):
    nurse: Name
    day: date
    part: Literal["early", "late", "night"]


class Give(BaseModel):
    to: Name


def signed_in(cred: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]) -> sqlite3.Row:
    nurse = None
    if cred is not None and len(cred.credentials) < 600:
        try:
            claims = jwt.decode(cred.credentials, SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"]})
            with db() as con:
                nurse = con.execute("SELECT * FROM nurses WHERE id = ?", (int(claims["sub"]),)).fetchone()
        except (jwt.PyJWTError, ValueError):
            nurse = None
    if nurse is None:
        raise HTTPException(401, "Please sign in")
    return nurse


Me = Annotated[sqlite3.Row, Depends(signed_in)]


def manager(me: Me) -> None:
    if not me["manager"]:
        raise HTTPException(403, "Only the manager may do this")


@app.post("/login")
def login(body: Login, request: Request):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    throttle(f"name:{body.name}", 20, 900)
    with db() as con:
        nurse = con.execute("SELECT id, pw FROM nurses WHERE name = ?", (body.name,)).fetchone()
    if nurse is None or not verify_password(body.password, nurse["pw"]):
        raise HTTPException(401, "Wrong name or password")
    return {"token": jwt.encode({"sub": str(nurse["id"]), "exp": int(time.time()) + 1800}, SECRET, algorithm="HS256")}


@app.post("/nurses", status_code=201, dependencies=[Depends(manager)])
def add_nurse(body: Login):
    try:
        with db() as con:
            cur = con.execute(
                "INSERT INTO nurses (name, pw, manager) SELECT ?, ?, 0 WHERE (SELECT count(*) FROM nurses) < 300",
                (body.name, hash_password(body.password)),
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "This name is used")
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many nurses")
    return {"name": body.name}


@app.post("/shifts", status_code=201, dependencies=[Depends(manager)])
def add_shift(body: NewShift):
    with db() as con:
        nurse = con.execute("SELECT id FROM nurses WHERE name = ?", (body.nurse,)).fetchone()
        if nurse is None:
            raise HTTPException(404, "No such nurse")
        cur = con.execute(
            "INSERT OR IGNORE INTO shifts (nurse, day, part) SELECT ?, ?, ? WHERE (SELECT count(*) FROM shifts) < 20000",
            (nurse["id"], body.day.isoformat(), body.part),
        )
        if cur.rowcount != 1:
            raise HTTPException(409, "The shift is there already, or the roster is full")
        return {"id": cur.lastrowid}


@app.get("/shifts")
def shifts(day: date, me: Me):
    with db() as con:
        rows = con.execute(
            "SELECT s.id, n.name AS nurse, s.part FROM shifts s JOIN nurses n ON n.id = s.nurse WHERE s.day = ? ORDER BY s.id LIMIT 1000",
            (day.isoformat(),),
        ).fetchall()
    return [dict(r) for r in rows]


@app.post("/shifts/{shift_id}/give")
def give(shift_id: Annotated[int, Path(ge=1, le=2**53)], body: Give, me: Me):
    with db() as con:
        shift = con.execute("SELECT nurse FROM shifts WHERE id = ?", (shift_id,)).fetchone()
        if shift is None:
            raise HTTPException(404, "No such shift")
        if shift["nurse"] != me["id"]:
            raise HTTPException(403, "This is not your shift")
        to = con.execute("SELECT id FROM nurses WHERE name = ?", (body.to,)).fetchone()
        if to is None:
            raise HTTPException(404, "No such nurse")
        cur = con.execute(
            "UPDATE OR IGNORE shifts SET nurse = ? WHERE id = ? AND nurse = ?", (to["id"], shift_id, me["id"])
        )
        if cur.rowcount != 1:
            raise HTTPException(409, "Your colleague works then already")
    return {"id": shift_id, "nurse": body.to}
