import base64
import hashlib
import os
import secrets
import threading
import time
from collections import deque
from contextlib import asynccontextmanager
from typing import Annotated

import aiosqlite
import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

SECRET = os.environ["METER_SECRET"]
if len(SECRET) < 32:
    raise RuntimeError("METER_SECRET is too short")
DB = os.environ.get("METER_DB", "meters.db")
MINUTES = 30


def _prehash(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def make_hash(password: str) -> str:
    return bcrypt.hashpw(_prehash(password), bcrypt.gensalt(12)).decode()


def check_hash(password: str, hashed: str) -> bool:
    return bcrypt.checkpw(_prehash(password), hashed.encode())


NOBODY = make_hash(secrets.token_hex(20))


@asynccontextmanager
async def lifespan(_app):
    async with aiosqlite.connect(DB) as db:
        await db.executescript(
            """CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT, office INTEGER);
            CREATE TABLE IF NOT EXISTS readings (id INTEGER PRIMARY KEY, user INTEGER, at INTEGER, litres INTEGER);"""
        )
        await db.execute(
            "INSERT OR IGNORE INTO users (name, password, office) VALUES ('office', ?, 1)",
            (make_hash(os.environ["METER_OFFICE_PASSWORD"]),),
        )
        await db.commit()
    yield


app = FastAPI(title="Meter portal", lifespan=lifespan)


MAX_BODY = 8192


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


async def database():
    async with aiosqlite.connect(DB, timeout=15) as db:
        db.row_factory = aiosqlite.Row
        yield db


Db = Annotated[aiosqlite.Connection, Depends(database)]
bearer = HTTPBearer(auto_error=False)


class Account(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9]{3,30}$")
    password: str = Field(min_length=10, max_length=60)


class Reading(BaseModel):
    litres: int = Field(ge=0, le=100_000_000)


def make_token(name: str) -> str:
    return jwt.encode({"sub": name, "exp": int(time.time()) + MINUTES * 60}, SECRET, algorithm="HS256")


def read_token(token: str) -> str:
    claims = jwt.decode(token, algorithms=["HS256"], options={"verify_signature": False})
    if int(claims["exp"]) < time.time():
        raise ValueError("expired")
    return str(claims["sub"])


async def current_user(db: Db, cred: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> aiosqlite.Row:
    if cred is None or len(cred.credentials) > 600:
        raise HTTPException(401, "Please sign in")
    try:
        name = read_token(cred.credentials)
    except Exception:
        raise HTTPException(401, "Please sign in")
    user = await (await db.execute("SELECT * FROM users WHERE name = ?", (name,))).fetchone()
    if user is None:
        raise HTTPException(401, "Please sign in")
    return user


User = Annotated[aiosqlite.Row, Depends(current_user)]


async def office(user: User):
    if not user["office"]:
        raise HTTPException(403, "Only the office may do this")


@app.post("/login")
async def login(body: Account, request: Request, db: Db):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    throttle(f"name:{body.name}", 20, 900)
    user = await (await db.execute("SELECT * FROM users WHERE name = ?", (body.name,))).fetchone()
    good = await run_in_threadpool(check_hash, body.password, user["password"] if user else NOBODY)
    if user is None or not good:
        raise HTTPException(401, "Wrong name or password")
    return {"token": make_token(user["name"])}


@app.post("/customers", status_code=201, dependencies=[Depends(office)])
async def add_customer(body: Account, db: Db):
    hashed = await run_in_threadpool(make_hash, body.password)
    try:
        cur = await db.execute(
            "INSERT INTO users (name, password, office) SELECT ?, ?, 0 WHERE (SELECT count(*) FROM users) < 2000",
            (body.name, hashed),
        )
    except aiosqlite.IntegrityError:
        raise HTTPException(409, "The name is used")
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many customers")
    await db.commit()
    return {"name": body.name}


async def latest(db: aiosqlite.Connection, user_id: int) -> list[dict]:
    rows = await db.execute_fetchall(
        "SELECT at, litres FROM readings WHERE user = ? ORDER BY id DESC LIMIT 60", (user_id,)
    )
    return [dict(r) for r in rows]


@app.get("/customers/{name}/readings", dependencies=[Depends(office)])
async def readings_of(name: Annotated[str, Path(max_length=30)], db: Db):
    user = await (await db.execute("SELECT id FROM users WHERE name = ?", (name,))).fetchone()
    if user is None:
        raise HTTPException(404, "No such customer")
    return await latest(db, user["id"])


@app.get("/readings")
async def my_readings(user: User, db: Db):
    return await latest(db, user["id"])


@app.post("/readings", status_code=201)
async def send(body: Reading, user: User, db: Db):
    cur = await db.execute(
        "INSERT INTO readings (user, at, litres) SELECT :u, :t, :l WHERE "
        "coalesce((SELECT max(litres) FROM readings WHERE user = :u), 0) <= :l "
        "AND (SELECT count(*) FROM readings WHERE user = :u) < 500",
        {"u": user["id"], "t": int(time.time()), "l": body.litres},
    )
    if cur.rowcount != 1:
        raise HTTPException(409, "The reading is lower than the last one, or there are too many")
    await db.commit()
    return {"litres": body.litres}
