import hashlib
import os
import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from contextlib import closing, contextmanager
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

DB = os.environ.get("RUN_DB", "runs.db")
app = FastAPI(title="Running club")


class BodyLimit:
    """Stops reading a request once it grows past `limit` bytes."""

    def __init__(self, app, limit: int):
        self.app = app
        self.limit = limit

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        total = 0

        async def counted():
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > self.limit:
                raise HTTPException(413, "Request body too large")
            return message

        async def with_headers(message):
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"x-content-type-options", b"nosniff"),
                    (b"x-frame-options", b"DENY"),
                ]
            await send(message)

        await self.app(scope, counted, with_headers)


app.add_middleware(BodyLimit, limit=4096)


@app.exception_handler(RequestValidationError)
def on_validation_error(_request, exc):
    problems = sorted({err["type"] for err in exc.errors()})
    return JSONResponse(status_code=422, content={"detail": "Validation failed", "problems": problems})


class RateLimiter:
    def __init__(self, times: int, seconds: int, max_keys: int = 20_000):
        self.times, self.seconds, self.max_keys = times, seconds, max_keys
        self.windows: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.lock = threading.Lock()

    def hit(self, key: str) -> None:
        now = time.monotonic()
        with self.lock:
            start, count = self.windows.get(key, (now, 0))
            if now - start >= self.seconds:
                start, count = now, 0
            if count >= self.times:
                raise HTTPException(status_code=429, detail="Slow down", headers={"Retry-After": str(self.seconds)})
            self.windows[key] = (start, count + 1)
            self.windows.move_to_end(key)
            while len(self.windows) > self.max_keys:
                self.windows.popitem(last=False)


def remote(request: Request) -> str:
    return request.client.host if request.client else "-"


hasher = PasswordHasher()
DUMMY = hasher.hash(secrets.token_urlsafe(16))


def password_matches(stored: str | None, given: str) -> bool:
    try:
        hasher.verify(stored or DUMMY, given)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


tries = RateLimiter(10, 60)
name_tries = RateLimiter(30, 900)


@contextmanager
def db():
    with closing(sqlite3.connect(DB, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with db() as con:
    con.executescript(
        """CREATE TABLE IF NOT EXISTS members (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, email TEXT NOT NULL,
             password TEXT NOT NULL, trainer INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, member INTEGER NOT NULL, until REAL NOT NULL);
        CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, member INTEGER NOT NULL, metres INTEGER NOT NULL, seconds INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS runs_member ON runs (member);"""
    )
    con.execute(
        "INSERT OR IGNORE INTO members (name, email, password, trainer) VALUES ('trainer', 'trainer@club.example', ?, 1)",
        (hasher.hash(os.environ["RUN_TRAINER_PASSWORD"]),),
    )


class Login(BaseModel):
    name: str = Field(pattern=r"^[a-z]{3,20}$")
    password: str = Field(min_length=10, max_length=100)


class NewMember(Login):
    email: str = Field(max_length=100, pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$")


class Run(BaseModel):
    metres: int = Field(ge=100, le=200_000)
    seconds: int = Field(ge=60, le=200_000)


def sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def member(cred: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]) -> sqlite3.Row:
    row = None
    if cred is not None:
        with db() as con:
            row = con.execute(
                "SELECT m.id, m.name, m.email, m.trainer, t.digest FROM tokens t JOIN members m ON m.id = t.member "
                "WHERE t.digest = ? AND t.until > ?",
                (sha(cred.credentials), time.time()),
            ).fetchone()
    if row is None:
        raise HTTPException(401, "Sign in first")
    return row


Me = Annotated[sqlite3.Row, Depends(member)]


@app.post("/login")
def login(body: Login, request: Request):
    tries.hit(remote(request))
    name_tries.hit(body.name)
    with db() as con:
        row = con.execute("SELECT id, password FROM members WHERE name = ?", (body.name,)).fetchone()
    if not password_matches(row["password"] if row else None, body.password):
        raise HTTPException(401, "Wrong name or password")
    token = secrets.token_urlsafe(32)
    with db() as con:
        con.execute("DELETE FROM tokens WHERE until < ?", (time.time(),))
        con.execute("INSERT INTO tokens VALUES (?, ?, ?)", (sha(token), row["id"], time.time() + 12 * 3600))
    return {"token": token}


@app.post("/logout", status_code=204)
def logout(me: Me):
    with db() as con:
        con.execute("DELETE FROM tokens WHERE digest = ?", (me["digest"],))


@app.post("/members", status_code=201)
def add_member(body: NewMember, me: Me):
    if not me["trainer"]:
        raise HTTPException(403, "Only the trainer may do this")
    hashed = hasher.hash(body.password)
    try:
        with db() as con:
            cur = con.execute(
                "INSERT INTO members (name, email, password, trainer) SELECT ?, ?, ?, 0 WHERE (SELECT count(*) FROM members) < 500",
                (body.name, body.email, hashed),
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "This name is used")
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many members")
    return {"id": cur.lastrowid, "name": body.name}


@app.get("/me")
def about_me(me: Me):
    return {"id": me["id"], "name": me["name"], "email": me["email"]}


@app.post("/runs", status_code=201)
def add_run(body: Run, me: Me):
    with db() as con:
        cur = con.execute(
            "INSERT INTO runs (member, metres, seconds) SELECT :m, :d, :s WHERE (SELECT count(*) FROM runs WHERE member = :m) < 2000",
            {"m": me["id"], "d": body.metres, "s": body.seconds},
        )
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many runs")
    return {"id": cur.lastrowid}


@app.get("/members", dependencies=[Depends(member)])
def members():
    with db() as con:
        rows = con.execute(
            "SELECT m.id, m.name, coalesce(sum(r.metres), 0) AS metres FROM members m LEFT JOIN runs r ON r.member = m.id "
            "GROUP BY m.id ORDER BY m.name LIMIT 500"
        ).fetchall()
    return [dict(r) for r in rows]


@app.get("/members/{member_id}", dependencies=[Depends(member)])
def show(member_id: Annotated[int, Path(ge=1, le=2**53)]):
    with db() as con:
        row = con.execute("SELECT id, name FROM members WHERE id = ?", (member_id,)).fetchone()
        runs = con.execute(
            "SELECT metres, seconds FROM runs WHERE member = ? ORDER BY id DESC LIMIT 20", (member_id,)
        ).fetchall()
    if row is None:
        raise HTTPException(404, "No such member")
    return {**dict(row), "runs": [dict(r) for r in runs]}
