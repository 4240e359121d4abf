import os
import secrets
import sqlite3
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.templating import Jinja2Templates

from . import security, store

app = FastAPI(title="Club desk")
pages = Jinja2Templates(directory=Path(__file__).parent / "templates")
SECURE = os.environ.get("COOKIE_SECURE", "1") != "0"
PORTAL = os.environ["PORTAL_ORIGIN"]


MAX_BODY = 16 * 1024


@app.middleware("http")
async def limit_body(request: Request, call_next):
    declared = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not declared.isdecimal():
        return JSONResponse({"detail": "Length required"}, status_code=411)
    if len(declared) > 9 or int(declared) > MAX_BODY:
        return JSONResponse({"detail": "Body too large"}, status_code=413)
    response = await call_next(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = f"default-src 'self'; frame-ancestors {PORTAL}"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.exception_handler(RequestValidationError)
async def bad_input(request: Request, exc: RequestValidationError):
    return JSONResponse({"detail": "Invalid input"}, status_code=422)


Name = Annotated[str, Form(pattern=r"^[a-z0-9]{3,30}$")]
Password = Annotated[str, Form(min_length=10, max_length=100)]
Csrf = Annotated[str, Form(max_length=100)]


def set_sid(response, sid: str):
    response.set_cookie("sid", sid, httponly=True, secure=SECURE, samesite="none", max_age=7200)
    return response


def show(request: Request, page: str, sid: str, status: int = 200, **context):
    return pages.TemplateResponse(request, page, {"csrf": security.csrf_token(sid), **context}, status_code=status)


def member(request: Request) -> sqlite3.Row:
    found = store.session_member(request.cookies.get("sid", ""))
    if found is None:
        raise HTTPException(401, "Please sign in")
    return found


Me = Annotated[sqlite3.Row, Depends(member)]


def admin(me: Me) -> None:
    if not me["is_admin"]:
        raise HTTPException(403, "Only the secretary may do this")


@app.get("/login")
def login_form(request: Request):
    sid = request.cookies.get("sid")
    if sid:
        return show(request, "login.html", sid)
    sid = secrets.token_urlsafe(32)
    return set_sid(show(request, "login.html", sid), sid)


@app.post("/login")
def login(request: Request, name: Annotated[str, Form(max_length=30)], password: Annotated[str, Form(max_length=100)], csrf: Csrf):
    sid = request.cookies.get("sid")
    security.check_csrf(sid, csrf)
    security.throttle(f"ip:{security.client_ip(request)}", 10, 60)
    security.throttle(f"name:{name}", 20, 900)
    with store.db() as con:
        row = con.execute("SELECT id, pw FROM members WHERE name = ?", (name,)).fetchone()
    ok = security.verify_password(password, row["pw"] if row else security.DUMMY_HASH)
    if row is None or not ok:
        return show(request, "login.html", sid, 401, error="Wrong name or password")
    return set_sid(RedirectResponse("/me", 303), store.start_session(row["id"]))


@app.post("/logout")
def logout(request: Request, me: Me, csrf: Csrf):
    security.check_csrf(request.cookies["sid"], csrf)
    store.end_session(request.cookies["sid"])
    response = RedirectResponse("/login", 303)
    response.delete_cookie("sid", secure=SECURE, httponly=True, samesite="none")
    return response


@app.get("/me")
def my_page(request: Request, me: Me):
    return show(request, "me.html", request.cookies["sid"], member=me)


@app.post("/me")
def save(
    request: Request,
    me: Me,
    email: Annotated[str, Form(max_length=120, pattern=r"^[!-?A-~]+@[a-z0-9.-]+$")],
    phone: Annotated[str, Form(max_length=30, pattern=r"^[0-9 +()/-]*$")] = "",
):
    with store.db() as con:
        con.execute("UPDATE members SET email = ?, phone = ? WHERE id = ?", (email, phone, me["id"]))
    return RedirectResponse("/me", 303)


@app.get("/members", dependencies=[Depends(admin)])
def member_form(request: Request):
    return show(request, "members.html", request.cookies["sid"])


@app.post("/members", dependencies=[Depends(admin)])
def add_member(request: Request, name: Name, password: Password, csrf: Csrf):
    security.check_csrf(request.cookies["sid"], csrf)
    try:
        with store.db() as con:
            cur = con.execute(
                "INSERT INTO members (name, pw) SELECT ?, ? WHERE (SELECT count(*) FROM members) < 2000",
                (name, security.hash_password(password)),
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "This name is used already")
    if cur.rowcount != 1:
        raise HTTPException(409, "The club is full")
    return RedirectResponse("/members", 303)
