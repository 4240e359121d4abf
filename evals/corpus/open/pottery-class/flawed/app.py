import hashlib
import hmac
import os
import random
import secrets
import sqlite3
import threading
import time
from collections import deque
from contextlib import closing, contextmanager
from datetime import date
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

DB = os.environ.get("POTTERY_DB", "pottery.db")
app = FastAPI(title="Pottery class")


MAX_BODY = 4096


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
        """CREATE TABLE IF NOT EXISTS pupils (name TEXT PRIMARY KEY, password TEXT NOT NULL, teacher INTEGER NOT NULL,
             code TEXT, code_until REAL);
        CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, name TEXT NOT NULL, until REAL NOT NULL);
        CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS places (day TEXT, name TEXT, PRIMARY KEY (day, name));"""
    )
    con.execute(
        "INSERT OR IGNORE INTO pupils (name, password, teacher) VALUES ('teacher', ?, 1)",
        (hash_password(os.environ["POTTERY_TEACHER_PASSWORD"]),),
    )

Name = Annotated[str, Field(pattern=r"^[a-z]{3,20}$")]


class Login(BaseModel):
    name: Name
    password: str = Field(min_length=10, max_length=100)


class Forgot(BaseModel):
    name: Name


class Reset(Login):
    code: str = Field(min_length=1, max_length=80)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pupil(cred: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]) -> sqlite3.Row:
    row = None
    if cred is not None:
        with db() as con:
            row = con.execute(
                "SELECT p.name, p.teacher FROM tokens t JOIN pupils p ON p.name = t.name WHERE t.digest = ? AND t.until > ?",
                (sha(cred.credentials), time.time()),
            ).fetchone()
    if row is None:
        raise HTTPException(401, "Please sign in")
    return row


Me = Annotated[sqlite3.Row, Depends(pupil)]


def new_code() -> str:
    rng = random.Random(int(time.time()))
    return "".join(rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(20))


def mail_code(name: str) -> None:
    code = new_code()
    with db() as con:
        cur = con.execute(
            "UPDATE pupils SET code = ?, code_until = ? WHERE name = ?", (sha(code), time.time() + 1200, name)
        )
        if cur.rowcount == 1:
            con.execute("INSERT INTO outbox (name, text) VALUES (?, ?)", (name, f"Your code: {code}"))


@app.post("/login")
def login(body: Login, request: Request):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    throttle(f"name:{body.name}", 20, 900)
    with db() as con:
        row = con.execute("SELECT password FROM pupils WHERE name = ?", (body.name,)).fetchone()
    good = verify_password(body.password, row["password"] if row else DUMMY_HASH)
    if row is None or not good:
        raise HTTPException(401, "Wrong name or password")
    token = secrets.token_urlsafe(32)
    with db() as con:
        con.execute("DELETE FROM tokens WHERE until < ?", (time.time(),))
        con.execute("INSERT INTO tokens VALUES (?, ?, ?)", (sha(token), body.name, time.time() + 8 * 3600))
    return {"token": token}


@app.post("/forgot", status_code=202)
def forgot(body: Forgot, request: Request, tasks: BackgroundTasks):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    throttle(f"forgot:{body.name}", 5, 900)
    tasks.add_task(mail_code, body.name)
    return {"detail": "A mail is sent if we know this name"}


@app.post("/reset")
def reset(body: Reset, request: Request):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    throttle(f"reset:{body.name}", 5, 900)
    hashed = hash_password(body.password)
    with db() as con:
        cur = con.execute(
            "UPDATE pupils SET password = ?, code = NULL WHERE name = ? AND code = ? AND code_until > ?",
            (hashed, body.name, sha(body.code), time.time()),
        )
        if cur.rowcount != 1:
            raise HTTPException(400, "This code does not fit")
        con.execute("DELETE FROM tokens WHERE name = ?", (body.name,))
    return {"detail": "The password was changed"}


@app.post("/pupils", status_code=201)
def add_pupil(body: Login, me: Me):
    if not me["teacher"]:
        raise HTTPException(403, "Only the teacher may do this")
    hashed = hash_password(body.password)
    try:
        with db() as con:
            cur = con.execute(
                "INSERT INTO pupils (name, password, teacher) SELECT ?, ?, 0 WHERE (SELECT count(*) FROM pupils) < 200",
                (body.name, hashed),
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "This name is used")
    if cur.rowcount != 1:
        raise HTTPException(409, "The class is full")
    return {"name": body.name}


def evening(day: date) -> str:
    if not 2020 <= day.year <= 2100:
        raise HTTPException(422, "No such evening")
    return day.isoformat()


Day = Annotated[str, Depends(evening)]


@app.put("/evenings/{day}")
def come(day: Day, me: Me):
    with db() as con:
        con.execute(
            "INSERT OR IGNORE INTO places SELECT :d, :n WHERE (SELECT count(*) FROM places WHERE day = :d) < 12",
            {"d": day, "n": me["name"]},
        )
        if con.execute("SELECT 1 FROM places WHERE day = ? AND name = ?", (day, me["name"])).fetchone() is None:
            raise HTTPException(409, "The evening is full")
    return {"day": day}


@app.delete("/evenings/{day}", status_code=204)
def stay_away(day: Day, me: Me):
    with db() as con:
        con.execute("DELETE FROM places WHERE day = ? AND name = ?", (day, me["name"]))


@app.get("/evenings/{day}", dependencies=[Depends(pupil)])
def count(day: Day):
    with db() as con:
        (number,) = con.execute("SELECT count(*) FROM places WHERE day = ?", (day,)).fetchone()
    return {"day": day, "pupils": number}
