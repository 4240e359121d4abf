import os
import secrets
import threading
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from . import tokens
from .models import Base, Draft, Member, Refresh, Session, engine


hasher = PasswordHasher()
DUMMY = hasher.hash(secrets.token_urlsafe(16))


def password_matches(stored: str | None, given: str) -> bool:
    try:
        hasher.verify(stored or DUMMY, given)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@asynccontextmanager
async def lifespan(_app):
    async with engine.begin() as con:
        await con.run_sync(Base.metadata.create_all)
    async with Session() as s:
        if await s.scalar(select(Member).where(Member.host)) is None:
            s.add(Member(name="host", password=hasher.hash(os.environ["STORY_HOST_PASSWORD"]), host=True))
            await s.commit()
    yield
    await engine.dispose()


app = FastAPI(title="Story club", lifespan=lifespan)


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


app.add_middleware(BodyLimit, limit=100_000)


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


async def session():
    async with Session() as s:
        yield s


Db = Annotated[AsyncSession, Depends(session)]
Cred = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class Account(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9]{3,30}$")
    password: str = Field(min_length=10, max_length=100)


class RefreshIn(BaseModel):
    refresh: str = Field(max_length=600)


class DraftIn(BaseModel):
    title: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
    text: str = Field(max_length=20_000, pattern=r"^[^\x00]*$")


async def member(cred: Cred, s: Db) -> Member:
    claims = tokens.read(cred.credentials, "access") if cred else None
    found = await s.get(Member, int(claims["sub"])) if claims else None
    if found is None:
        raise HTTPException(401, "Sign in first")
    return found


Me = Annotated[Member, Depends(member)]


async def host(me: Me):
    if not me.host:
        raise HTTPException(403, "Only the host may do this")


def limited(request: Request):
    by_address.hit(remote(request))


async def pair(s: AsyncSession, member_id: int) -> dict:
    access, _ = tokens.make(member_id, "access", tokens.ACCESS)
    refresh, jti = tokens.make(member_id, "refresh", tokens.REFRESH)
    await s.execute(delete(Refresh).where(Refresh.expires < time.time()))
    s.add(Refresh(jti=jti, member_id=member_id, expires=int(time.time()) + tokens.REFRESH))
    await s.commit()
    return {"access": access, "refresh": refresh}


@app.post("/login", dependencies=[Depends(limited)])
async def login(body: Account, s: Db):
    by_name.hit(body.name)
    found = await s.scalar(select(Member).where(Member.name == body.name))
    good = await run_in_threadpool(password_matches, found.password if found else None, body.password)
    if not good or found.blocked:
        raise HTTPException(401, "Wrong name or password")
    return await pair(s, found.id)


async def use_up(s: AsyncSession, token: str) -> int | None:
    claims = tokens.read(token, "refresh")
    if claims is None:
        return None
    done = await s.execute(delete(Refresh).where(Refresh.jti == claims["jti"]))
    return int(claims["sub"]) if done.rowcount == 1 else None


@app.post("/refresh", dependencies=[Depends(limited)])
async def refresh(body: RefreshIn, s: Db):
    member_id = await use_up(s, body.refresh)
    found = await s.get(Member, member_id) if member_id is not None else None
    if found is None or found.blocked:
        await s.commit()
        raise HTTPException(401, "Sign in again")
    return await pair(s, found.id)


@app.post("/logout", status_code=204, dependencies=[Depends(limited)])
async def logout(body: RefreshIn, s: Db):
    await use_up(s, body.refresh)
    await s.commit()


@app.post("/members", status_code=201, dependencies=[Depends(host)])
async def add_member(body: Account, s: Db):
    if await s.scalar(select(func.count()).select_from(Member)) >= 300:
        raise HTTPException(409, "The club is full")
    s.add(Member(name=body.name, password=await run_in_threadpool(hasher.hash, body.password)))
    try:
        await s.commit()
    except IntegrityError:
        raise HTTPException(409, "This name is used")
    return {"name": body.name}


@app.post("/members/{name}/block", dependencies=[Depends(host)])
async def block(name: Annotated[str, Path(max_length=30)], s: Db):
    found = await s.scalar(select(Member).where(Member.name == name, Member.host.is_(False)))
    if found is None:
        raise HTTPException(404, "No such member")
    found.blocked = True
    await s.execute(delete(Refresh).where(Refresh.member_id == found.id))
    await s.commit()
    return {"blocked": name}


@app.post("/drafts", status_code=201)
async def write(body: DraftIn, me: Me, s: Db):
    if await s.scalar(select(func.count()).select_from(Draft).where(Draft.member_id == me.id)) >= 200:
        raise HTTPException(409, "Too many drafts")
    draft = Draft(member_id=me.id, title=body.title, text=body.text)
    s.add(draft)
    await s.commit()
    return {"id": draft.id}


@app.get("/drafts")
async def drafts(me: Me, s: Db):
    rows = await s.execute(select(Draft.id, Draft.title).where(Draft.member_id == me.id).order_by(Draft.id).limit(200))
    return [{"id": i, "title": t} for i, t in rows]


async def own_draft(draft_id: Annotated[int, Path(ge=1, le=2**53)], me: Me, s: Db) -> Draft:
    draft = await s.scalar(select(Draft).where(Draft.id == draft_id, Draft.member_id == me.id))
    if draft is None:
        raise HTTPException(404, "No such draft")
    return draft


@app.get("/drafts/{draft_id}")
async def show(draft: Annotated[Draft, Depends(own_draft)]):
    return {"id": draft.id, "title": draft.title, "text": draft.text}


@app.delete("/drafts/{draft_id}", status_code=204)
async def remove(draft: Annotated[Draft, Depends(own_draft)], s: Db):
    await s.delete(draft)
    await s.commit()
