import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

TABLES = """
CREATE TABLE IF NOT EXISTS people (id serial PRIMARY KEY, name text UNIQUE NOT NULL, password text NOT NULL, desk boolean NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (digest text PRIMARY KEY, person int NOT NULL REFERENCES people, expires timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS bills (id serial PRIMARY KEY, person int NOT NULL REFERENCES people, animal text NOT NULL,
  treatment text NOT NULL, cents int NOT NULL, paid boolean NOT NULL DEFAULT false);
"""


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


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=10)
    await app.state.pool.execute(TABLES)
    await app.state.pool.execute(
        "INSERT INTO people (name, password, desk) VALUES ('desk', $1, true) ON CONFLICT DO NOTHING",
        hash_password(os.environ["VET_DESK_PASSWORD"]),
    )
    yield
    await app.state.pool.close()


app = FastAPI(title="Vet bills", lifespan=lifespan)


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


app.add_middleware(BodyLimit, limit=10_000)


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


logins = RateLimiter(10, 60)
login_names = RateLimiter(30, 900)
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Account(BaseModel):
    name: str = Field(pattern=r"^[a-z]{3,30}$")
    password: str = Field(min_length=10, max_length=100)


class NewBill(BaseModel):
    owner: str = Field(pattern=r"^[a-z]{3,30}$")
    animal: Annotated[Text, Field(max_length=40)]
    treatment: Text
    cents: int = Field(ge=0, le=10_000_000)


def sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def person(cred: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]):
    row = None
    if cred is not None:
        row = await app.state.pool.fetchrow(
            "SELECT p.id, p.desk, t.digest FROM tokens t JOIN people p ON p.id = t.person WHERE digest = $1 AND expires > now()",
            sha(cred.credentials),
        )
    if row is None:
        raise HTTPException(401, "Sign in first")
    return row


Me = Annotated[asyncpg.Record, Depends(person)]
BillId = Annotated[int, Path(ge=1, le=2**31 - 1)]


async def desk(me: Me):
    if not me["desk"]:
        raise HTTPException(403, "Desk only")


@app.post("/login")
async def login(body: Account, request: Request):
    logins.hit(remote(request))
    login_names.hit(body.name)
    row = await app.state.pool.fetchrow("SELECT id, password FROM people WHERE name = $1", body.name)
    good = await run_in_threadpool(verify_password, body.password, row["password"] if row else DUMMY_HASH)
    if row is None or not good:
        raise HTTPException(401, "Wrong name or password")
    token = secrets.token_urlsafe(32)
    await app.state.pool.execute("DELETE FROM tokens WHERE expires < now()")
    await app.state.pool.execute(
        "INSERT INTO tokens VALUES ($1, $2, now() + interval '4 hours')", sha(token), row["id"]
    )
    return {"token": token}


@app.post("/logout", status_code=204)
async def logout(me: Me):
    await app.state.pool.execute("DELETE FROM tokens WHERE digest = $1", me["digest"])


@app.post("/owners", status_code=201, dependencies=[Depends(desk)])
async def add_owner(body: Account):
    hashed = await run_in_threadpool(hash_password, body.password)
    new_id = await app.state.pool.fetchval(
        "INSERT INTO people (name, password, desk) SELECT $1, $2, false WHERE (SELECT count(*) FROM people) < 5000 "
        "ON CONFLICT DO NOTHING RETURNING id",
        body.name, hashed,
    )
    if new_id is None:
        raise HTTPException(409, "This owner cannot be added")
    return {"name": body.name}


@app.post("/bills", status_code=201, dependencies=[Depends(desk)])
async def add_bill(body: NewBill):
    new_id = await app.state.pool.fetchval(
        "INSERT INTO bills (person, animal, treatment, cents) SELECT id, $2, $3, $4 FROM people WHERE name = $1 RETURNING id",
        body.owner, body.animal, body.treatment, body.cents,
    )
    if new_id is None:
        raise HTTPException(404, "No such owner")
    return {"id": new_id}


@app.get("/bills")
async def bills(me: Me, before: Annotated[int, Query(ge=1, le=2**31 - 1)] = 2**31 - 1):
    rows = await app.state.pool.fetch(
        "SELECT id, animal, cents, paid FROM bills WHERE (person = $1 OR $2) AND id < $3 ORDER BY id DESC LIMIT 50",
        me["id"], me["desk"], before,
    )
    return [dict(r) for r in rows]


@app.get("/bills/{bill_id}")
async def bill(bill_id: BillId, me: Me):
    row = await app.state.pool.fetchrow(
        "SELECT id, animal, treatment, cents, paid FROM bills WHERE id = $1 AND (person = $2 OR $3)",
        bill_id, me["id"], me["desk"],
    )
    if row is None:
        raise HTTPException(404, "No such bill")
    return dict(row)


@app.post("/bills/{bill_id}/paid", dependencies=[Depends(desk)])
async def paid(bill_id: BillId):
    done = await app.state.pool.fetchval("UPDATE bills SET paid = true WHERE id = $1 RETURNING id", bill_id)
    if done is None:
        raise HTTPException(404, "No such bill")
    return {"id": done, "paid": True}
