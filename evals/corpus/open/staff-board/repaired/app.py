import hashlib
import os
import secrets
import threading
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ.get("BOARD_DB_URL", "sqlite+aiosqlite:///board.db"), connect_args={"timeout": 15})
Session = async_sessionmaker(engine, expire_on_commit=False)
SECURE = os.environ.get("COOKIE_SECURE", "1") != "0"


hasher = PasswordHasher()
DUMMY = hasher.hash(secrets.token_urlsafe(16))


def password_matches(stored: str | None, given: str) -> bool:
    try:
        hasher.verify(stored or DUMMY, given)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


class Base(DeclarativeBase):
    pass


class Staff(Base):
    __tablename__ = "staff"
    name: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]
    chief: Mapped[bool] = mapped_column(default=False)


class Login(Base):
    __tablename__ = "logins"
    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    until: Mapped[float]


class Notice(Base):
    __tablename__ = "notices"
    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str]
    text: Mapped[str]
    approved: Mapped[bool] = mapped_column(default=False)


@asynccontextmanager
async def lifespan(_app):
    async with engine.begin() as con:
        await con.run_sync(Base.metadata.create_all)
    async with Session() as s:
        if await s.get(Staff, "chief") is None:
            s.add(Staff(name="chief", password=hasher.hash(os.environ["BOARD_CHIEF_PASSWORD"]), chief=True))
            await s.commit()
    yield
    await engine.dispose()


app = FastAPI(title="Staff board", lifespan=lifespan)


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


app.add_middleware(BodyLimit, limit=8_000)


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


addresses = RateLimiter(10, 60)
names = RateLimiter(30, 900)


async def db():
    async with Session() as s:
        yield s


Db = Annotated[AsyncSession, Depends(db)]


class Account(BaseModel):
    name: str = Field(pattern=r"^[a-z]{3,20}$")
    password: str = Field(min_length=10, max_length=100)


class NewNotice(BaseModel):
    text: str = Field(min_length=1, max_length=500, pattern=r"^[^\x00]+$")


def digest(request: Request) -> str:
    return hashlib.sha256(request.cookies.get("board", "").encode()).hexdigest()


async def staff(request: Request, s: Db) -> Staff:
    query = select(Staff).join(Login, Login.name == Staff.name)
    found = await s.scalar(query.where(Login.digest == digest(request), Login.until > time.time()))
    if found is None:
        raise HTTPException(401, "Sign in first")
    return found


Me = Annotated[Staff, Depends(staff)]


async def chief(me: Me):
    if not me.chief:
        raise HTTPException(403, "Only the chief may do this")


def script(x_requested_with: Annotated[str, Header()] = ""):
    if x_requested_with != "board":
        raise HTTPException(403, "Header X-Requested-With is missing")


CHANGE, CHIEF = Depends(script), Depends(chief)
NoticeId = Annotated[int, Path(ge=1, le=2**53)]


@app.post("/session", dependencies=[CHANGE])
async def sign_in(body: Account, request: Request, response: Response, s: Db):
    addresses.hit(remote(request))
    names.hit(body.name)
    found = await s.get(Staff, body.name)
    if not await run_in_threadpool(password_matches, found.password if found else None, body.password):
        raise HTTPException(401, "Wrong name or password")
    token = secrets.token_urlsafe(32)
    await s.execute(delete(Login).where(Login.until < time.time()))
    s.add(Login(digest=hashlib.sha256(token.encode()).hexdigest(), name=body.name, until=time.time() + 8 * 3600))
    await s.commit()
    response.set_cookie("board", token, max_age=8 * 3600, httponly=True, samesite="strict", secure=SECURE)
    return {"name": body.name}


@app.delete("/session", status_code=204, dependencies=[CHANGE])
async def sign_out(request: Request, response: Response, s: Db):
    await s.execute(delete(Login).where(Login.digest == digest(request)))
    await s.commit()
    response.delete_cookie("board")


@app.post("/staff", status_code=201, dependencies=[CHANGE, CHIEF])
async def add_staff(body: Account, s: Db):
    if await s.scalar(select(func.count()).select_from(Staff)) >= 200:
        raise HTTPException(409, "Too many staff")
    s.add(Staff(name=body.name, password=await run_in_threadpool(hasher.hash, body.password)))
    try:
        await s.commit()
    except IntegrityError:
        raise HTTPException(409, "This name is used")
    return {"name": body.name}


@app.get("/staff", dependencies=[CHIEF])
async def list_staff(s: Db):
    return (await s.scalars(select(Staff.name).order_by(Staff.name).limit(200))).all()


@app.delete("/staff/{name}", status_code=204, dependencies=[CHANGE, CHIEF])
async def remove_staff(name: Annotated[str, Path(max_length=20)], s: Db):
    gone = await s.execute(delete(Staff).where(Staff.name == name, Staff.chief.is_(False)))
    if gone.rowcount != 1:
        raise HTTPException(404, "No such person")
    await s.execute(delete(Login).where(Login.name == name))
    await s.commit()


@app.post("/notices", status_code=201, dependencies=[CHANGE])
async def propose(body: NewNotice, me: Me, s: Db):
    mine = select(func.count()).select_from(Notice).where(Notice.author == me.name, Notice.approved.is_(False))
    if await s.scalar(mine) >= 50:
        raise HTTPException(409, "Too many open proposals")
    notice = Notice(author=me.name, text=body.text)
    s.add(notice)
    await s.commit()
    return {"id": notice.id}


@app.get("/notices")
async def notices(me: Me, s: Db):
    query = select(Notice).order_by(Notice.id.desc()).limit(50)
    rows = await s.scalars(query if me.chief else query.where(Notice.approved))
    return [{"id": n.id, "author": n.author, "text": n.text, "approved": n.approved} for n in rows]


@app.post("/notices/{notice_id}/approve", dependencies=[CHANGE, CHIEF])
async def approve(notice_id: NoticeId, s: Db):
    notice = await s.get(Notice, notice_id)
    if notice is None:
        raise HTTPException(404, "No such notice")
    notice.approved = True
    await s.commit()
    return {"id": notice_id}


@app.delete("/notices/{notice_id}", status_code=204, dependencies=[CHANGE, CHIEF])
async def take_down(notice_id: NoticeId, s: Db):
    if (await s.execute(delete(Notice).where(Notice.id == notice_id))).rowcount != 1:
        raise HTTPException(404, "No such notice")
    await s.commit()
