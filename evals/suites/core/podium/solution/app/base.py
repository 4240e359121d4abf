import contextlib, hashlib, hmac, json, os, secrets, threading, time, uuid
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine, event, select, func, or_, and_, Column, Integer, String, Boolean, Float, ForeignKey, Text, JSON
from sqlalchemy.orm import DeclarativeBase, Session

SECRET = os.environ.get("JWT_SECRET") or secrets.token_hex(32)
URL = os.environ.get("DATABASE_URL", "sqlite:////tmp/ref.db")
engine = create_engine(URL, connect_args={"check_same_thread": False} if URL.startswith("sqlite") else {})
LOCK = threading.Lock()


class Base(DeclarativeBase):
    pass


def E(code, msg="error"):
    return HTTPException(code, msg)


def db():
    LOCK.acquire()
    try:
        with Session(engine, expire_on_commit=False) as s:
            try:
                yield s
                s.commit()
            except BaseException:
                s.rollback()
                raise
    finally:
        LOCK.release()


def hash_pw(p):
    salt = secrets.token_bytes(8)
    return salt.hex() + "$" + hashlib.pbkdf2_hmac("sha256", p.encode(), salt, 1000).hex()


def check_pw(p, h):
    salt, d = h.split("$")
    return hmac.compare_digest(d, hashlib.pbkdf2_hmac("sha256", p.encode(), bytes.fromhex(salt), 1000).hex())


def tok(uid, typ, minutes):
    return jwt.encode({"sub": str(uid), "typ": typ, "exp": int(time.time()) + minutes * 60, "jti": uuid.uuid4().hex}, SECRET, "HS256")


def pair(uid):
    return {"access_token": tok(uid, "access", 30), "refresh_token": tok(uid, "refresh", 1440), "token_type": "bearer"}


def claims(t, typ):
    try:
        c = jwt.decode(t, SECRET, algorithms=["HS256"])
    except Exception:
        raise E(401)
    if c.get("typ") != typ:
        raise E(401)
    return c


def bearer(request: Request):
    h = request.headers.get("authorization", "")
    if not h.lower().startswith("bearer "):
        raise E(401, "no token")
    return claims(h[7:].strip(), "access")


def bad_text(v):
    if isinstance(v, str):
        try:
            v.encode()
        except UnicodeEncodeError:
            return True
        return "\x00" in v
    if isinstance(v, dict):
        return any(bad_text(k) or bad_text(x) for k, x in v.items())
    if isinstance(v, list):
        return any(map(bad_text, v))
    if isinstance(v, float):
        return v != v or v in (float("inf"), float("-inf"))
    if isinstance(v, int):
        return abs(v) > 2**62
    return False


def make_app(title):
    app = FastAPI(title=title)

    @app.exception_handler(RequestValidationError)
    async def _val(request, exc):
        return JSONResponse({"detail": [{"loc": [str(x) for x in e["loc"]], "msg": "invalid"} for e in exc.errors()]}, 422)

    @app.exception_handler(OverflowError)
    async def _over(request, exc):
        return JSONResponse({"detail": "number out of range"}, 422)

    @app.middleware("http")
    async def _clean(request, call_next):
        from urllib.parse import unquote
        if "\x00" in unquote(str(request.url)):
            return JSONResponse({"detail": "invalid"}, 422)
        if request.headers.get("content-type", "").startswith("application/json"):
            body = await request.body()
            if body:
                try:
                    if bad_text(json.loads(body)):
                        return JSONResponse({"detail": "invalid"}, 422)
                except (ValueError, RecursionError):
                    return JSONResponse({"detail": "invalid"}, 422)
        return await call_next(request)

    @app.middleware("http")
    async def _safe(request, call_next):
        try:
            return await call_next(request)
        except OverflowError:
            return JSONResponse({"detail": "invalid"}, 422)

    return app


def start(app):
    Base.metadata.create_all(engine)
