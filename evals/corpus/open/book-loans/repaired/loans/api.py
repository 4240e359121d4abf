import hashlib
import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from .db import db
from .passwords import make, password_matches

app = FastAPI(title="Book loans")


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


app.add_middleware(BodyLimit, limit=8192)


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


by_address = RateLimiter(10, 60)
by_name = RateLimiter(30, 900)


class Account(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9]{3,30}$")
    password: str = Field(min_length=10, max_length=100)


class Book(BaseModel):
    title: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")


Cred = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
Id = Annotated[int, Path(ge=1, le=2**53)]


def sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def reader(cred: Cred) -> sqlite3.Row:
    row = None
    if cred:
        with db() as con:
            row = con.execute(
                "SELECT r.id, r.name, r.librarian, t.digest FROM tokens t JOIN readers r ON r.id = t.reader WHERE digest = ? AND expires > ?",
                (sha(cred.credentials), time.time()),
            ).fetchone()
    if row is None:
        raise HTTPException(401, "Sign in first")
    return row


Reader = Annotated[sqlite3.Row, Depends(reader)]


def librarian(me: Reader):
    if not me["librarian"]:
        raise HTTPException(403, "Librarian only")


@app.post("/login")
def login(body: Account, request: Request):
    by_address.hit(remote(request))
    by_name.hit(body.name)
    with db() as con:
        row = con.execute("SELECT id, password FROM readers WHERE name = ?", (body.name,)).fetchone()
    if not password_matches(row["password"] if row else None, body.password):
        raise HTTPException(401, "Wrong name or password")
    token = secrets.token_urlsafe(32)
    with db() as con:
        con.execute("DELETE FROM tokens WHERE expires < ?", (time.time(),))
        con.execute("INSERT INTO tokens VALUES (?, ?, ?)", (sha(token), row["id"], time.time() + 12 * 3600))
    return {"token": token}


@app.post("/logout", status_code=204)
def logout(me: Reader):
    with db() as con:
        con.execute("DELETE FROM tokens WHERE digest = ?", (me["digest"],))


@app.post("/readers", status_code=201, dependencies=[Depends(librarian)])
def add_reader(body: Account):
    try:
        with db() as con:
            cur = con.execute(
                "INSERT INTO readers (name, password, librarian) SELECT ?, ?, 0 WHERE (SELECT count(*) FROM readers) < 1000",
                (body.name, make(body.password)),
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "Name is used")
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many readers")
    return {"name": body.name}


@app.post("/books", status_code=201, dependencies=[Depends(librarian)])
def add_book(body: Book):
    with db() as con:
        cur = con.execute(
            "INSERT INTO books (title) SELECT ? WHERE (SELECT count(*) FROM books) < 20000", (body.title,)
        )
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many books")
    return {"id": cur.lastrowid}


@app.get("/books", dependencies=[Depends(reader)])
def books(limit: Annotated[int, Query(ge=1, le=100)] = 50, after: Annotated[int, Query(ge=0, le=2**53)] = 0):
    with db() as con:
        rows = con.execute(
            "SELECT id, title, reader IS NULL AS available FROM books WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
        ).fetchall()
    return [{"id": r["id"], "title": r["title"], "available": bool(r["available"])} for r in rows]


@app.post("/books/{book_id}/borrow")
def borrow(book_id: Id, me: Reader):
    with db() as con:
        cur = con.execute("UPDATE books SET reader = ? WHERE id = ? AND reader IS NULL", (me["id"], book_id))
        if cur.rowcount != 1:
            known = con.execute("SELECT 1 FROM books WHERE id = ?", (book_id,)).fetchone()
            raise HTTPException(409, "The book is lent") if known else HTTPException(404, "No such book")
    return {"borrowed": book_id}


@app.post("/books/{book_id}/return")
def give_back(book_id: Id, me: Reader):
    with db() as con:
        cur = con.execute("UPDATE books SET reader = NULL WHERE id = ? AND reader = ?", (book_id, me["id"]))
    if cur.rowcount != 1:
        raise HTTPException(404, "You do not have this book")
    return {"returned": book_id}


@app.get("/loans")
def loans(me: Reader):
    with db() as con:
        rows = con.execute("SELECT id, title FROM books WHERE reader = ? ORDER BY id LIMIT 500", (me["id"],)).fetchall()
    return [dict(r) for r in rows]
