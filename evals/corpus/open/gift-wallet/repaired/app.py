import hashlib
import hmac
import os
import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Text, create_engine, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

BANK_KEY = os.environ["WALLET_BANK_KEY"]
if len(BANK_KEY) < 20:
    raise RuntimeError("WALLET_BANK_KEY is too short")
engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=30)
app = FastAPI(title="Gift wallet")


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


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    key_hash: Mapped[str] = mapped_column(Text, unique=True)
    taken: Mapped[int] = mapped_column(BigInteger, default=0)


class Card(Base):
    __tablename__ = "cards"
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    cents: Mapped[int]


Base.metadata.create_all(engine)


class NewShop(BaseModel):
    name: str = Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")


class NewCard(BaseModel):
    cents: int = Field(ge=500, le=50_000)


class Payment(BaseModel):
    cents: int = Field(ge=1, le=50_000)


def db():
    with Session(engine) as s:
        yield s


Db = Annotated[Session, Depends(db)]


def sha(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def caller(s: Db, cred: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]) -> Shop | None:
    """The calling shop; None stands for the bank."""
    if cred is None:
        raise HTTPException(401, "Key needed")
    if hmac.compare_digest(sha(cred.credentials), sha(BANK_KEY)):
        return None
    found = s.scalar(select(Shop).where(Shop.key_hash == sha(cred.credentials)))
    if found is None:
        raise HTTPException(401, "Unknown key")
    return found


Caller = Annotated[Shop | None, Depends(caller)]


def shop(who: Caller) -> Shop:
    if who is None:
        raise HTTPException(403, "Only for shops")
    return who


MyShop = Annotated[Shop, Depends(shop)]
Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{10,40}$")]


@app.post("/shops", status_code=201)
def add_shop(body: NewShop, who: Caller, s: Db):
    if who is not None:
        raise HTTPException(403, "Only for the bank")
    if s.scalar(select(func.count()).select_from(Shop)) >= 300:
        raise HTTPException(409, "Too many shops")
    key = secrets.token_urlsafe(32)
    s.add(Shop(name=body.name, key_hash=sha(key)))
    try:
        s.commit()
    except IntegrityError:
        raise HTTPException(409, "The shop exists")
    return {"name": body.name, "key": key}


@app.get("/shops/me")
def my_shop(me: MyShop):
    return {"name": me.name, "taken": me.taken}


@app.post("/cards", status_code=201)
def issue(body: NewCard, me: MyShop, s: Db):
    if s.scalar(select(func.count()).select_from(Card)) >= 100_000:
        raise HTTPException(409, "Too many cards")
    code = secrets.token_urlsafe(16)
    s.add(Card(code=code, cents=body.cents))
    s.commit()
    return {"code": code, "cents": body.cents}


@app.get("/cards/{code}", dependencies=[Depends(caller)])
def left(code: Code, s: Db):
    card = s.get(Card, code)
    if card is None:
        raise HTTPException(404, "No such card")
    return {"cents": card.cents}


@app.post("/cards/{code}/pay")
def pay(code: Code, body: Payment, me: MyShop, s: Db):
    card = s.get(Card, code, with_for_update=True, populate_existing=True)
    if card is None:
        raise HTTPException(404, "No such card")
    if card.cents < body.cents:
        raise HTTPException(409, "Not enough on this card")
    card.cents = card.cents - body.cents
    left_over = card.cents
    s.flush()
    s.execute(update(Shop).where(Shop.id == me.id).values(taken=Shop.taken + body.cents))
    s.commit()
    return {"paid": body.cents, "left": left_over}
