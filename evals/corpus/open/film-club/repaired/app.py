import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import deque
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, create_engine, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(os.environ.get("FILMS_DB_URL", "sqlite:///films.db"), connect_args={"timeout": 15})
app = FastAPI(title="Film club")


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


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    role: Mapped[str] = mapped_column(default="member")
    city: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="")


class Token(Base):
    __tablename__ = "tokens"
    digest: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    until: Mapped[float]


class Film(Base):
    __tablename__ = "films"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    title: Mapped[str]


Base.metadata.create_all(engine)
with Session(engine) as s0:
    if s0.scalar(select(Member).where(Member.role == "chair")) is None:
        s0.add(Member(name="chair", password=hash_password(os.environ["CLUB_CHAIR_PASSWORD"]), role="chair"))
        s0.commit()


class Account(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9]{3,20}$")
    password: str = Field(min_length=10, max_length=100)


class Profile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str = Field(default="", max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
    about: str = Field(default="", max_length=500, pattern=r"^[^\x00]*$")


class NewFilm(BaseModel):
    title: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")


def db():
    with Session(engine) as s:
        yield s


Db = Annotated[Session, Depends(db)]
Cred = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def member(cred: Cred, s: Db) -> Member:
    found = None
    if cred is not None:
        query = select(Member).join(Token, Token.member_id == Member.id)
        found = s.scalar(query.where(Token.digest == sha(cred.credentials), Token.until > time.time()))
    if found is None:
        raise HTTPException(401, "Please sign in")
    return found


Me = Annotated[Member, Depends(member)]


@app.post("/members", status_code=201)
def join(body: Account, request: Request, s: Db):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    if s.scalar(select(func.count()).select_from(Member)) >= 2000:
        raise HTTPException(409, "The club is full")
    s.add(Member(name=body.name, password=hash_password(body.password)))
    try:
        s.commit()
    except IntegrityError:
        raise HTTPException(409, "This name is used")
    return {"name": body.name}


@app.post("/login")
def login(body: Account, request: Request, s: Db):
    throttle(f"ip:{client_ip(request)}", 10, 60)
    throttle(f"name:{body.name}", 20, 900)
    found = s.scalar(select(Member).where(Member.name == body.name))
    good = verify_password(body.password, found.password if found else DUMMY_HASH)
    if found is None or not good:
        raise HTTPException(401, "Wrong name or password")
    token = secrets.token_urlsafe(32)
    s.execute(delete(Token).where(Token.until < time.time()))
    s.add(Token(digest=sha(token), member_id=found.id, until=time.time() + 12 * 3600))
    s.commit()
    return {"token": token}


@app.post("/logout", status_code=204)
def logout(cred: Cred, me: Me, s: Db):
    s.execute(delete(Token).where(Token.digest == sha(cred.credentials)))
    s.commit()


def profile(m: Member) -> dict:
    return {"name": m.name, "role": m.role, "city": m.city, "about": m.about}


@app.get("/me")
def me(me: Me):
    return profile(me)


@app.patch("/me")
def change_me(body: Profile, me: Me, s: Db):
    for field, value in body.model_dump(exclude_unset=True).items():
        setattr(me, field, value)
    s.commit()
    return profile(me)


@app.post("/films", status_code=201)
def propose(body: NewFilm, me: Me, s: Db):
    if s.scalar(select(func.count()).select_from(Film).where(Film.member_id == me.id)) >= 20:
        raise HTTPException(409, "Too many films")
    film = Film(member_id=me.id, title=body.title)
    s.add(film)
    s.commit()
    return {"id": film.id}


@app.get("/films", dependencies=[Depends(member)])
def films(s: Db):
    rows = s.execute(select(Film.id, Film.title, Member.name).join(Member).order_by(Film.id.desc()).limit(100))
    return [{"id": i, "title": t, "by": n} for i, t, n in rows]


@app.delete("/films/{film_id}", status_code=204)
def remove(film_id: Annotated[int, Path(ge=1, le=2**53)], me: Me, s: Db):
    if me.role != "chair":
        raise HTTPException(403, "Only the chair may do this")
    if s.execute(delete(Film).where(Film.id == film_id)).rowcount != 1:
        raise HTTPException(404, "No such film")
    s.commit()
