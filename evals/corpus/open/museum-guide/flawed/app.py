import os
from html import escape
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Cookie, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

LANGUAGES = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}
TITLES = {"en": "Rooms", "nl": "Zalen", "de": "Räume"}
ROOMS = {
    1: {"en": "The first steam engine of the mine.", "nl": "De eerste stoommachine.", "de": "Die erste Dampfmaschine."},
    2: {"en": "Lamps & helmets.", "nl": "Lampen & helmen.", "de": "Lampen & Helme."},
    3: {"en": "The manager's office.", "nl": "Het kantoor.", "de": "Das Büro."},
}
SECURE = os.environ.get("COOKIE_SECURE", "1") != "0"

app = FastAPI(title="Museum guide", docs_url=None, redoc_url=None)


MAX_BODY = 1024


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


Back = Annotated[str, Query(max_length=200)]
Language = Annotated[str, Cookie(alias="language", max_length=20)]


def chosen(language: str) -> str:
    return language if language in LANGUAGES else "en"


def page(request: Request, lang: str, title: str, body: str) -> HTMLResponse:
    here = urlencode({"back": request.url.path})
    switch = " ".join(f'<a href="/language/{c}?{here}">{escape(n)}</a>' for c, n in LANGUAGES.items())
    return HTMLResponse(
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<nav>{switch}</nav><h1>{escape(title)}</h1>{body}</html>",
        headers={"Content-Security-Policy": "default-src 'self'"},
    )


def way_back(back: str) -> str:
    if not back.startswith("/") or any(ord(ch) < 33 for ch in back):
        return "/"
    return quote(back, safe="/?&=")


@app.get("/", response_class=HTMLResponse)
async def index(request: Request, language: Language = "en"):
    lang = chosen(language)
    items = "".join(f'<li><a href="/rooms/{n}">{n}</a></li>' for n in ROOMS)
    return page(request, lang, TITLES[lang], f"<ol>{items}</ol>")


@app.get("/rooms/{number}", response_class=HTMLResponse)
async def room(request: Request, number: Annotated[int, Path(ge=1, le=9999)], language: Language = "en"):
    if number not in ROOMS:
        raise HTTPException(404, "No such room")
    lang = chosen(language)
    return page(request, lang, str(number), f"<p>{escape(ROOMS[number][lang])}</p>")


@app.get("/language/{code}")
async def choose(code: str, back: Back = "/"):
    if code not in LANGUAGES:
        raise HTTPException(404, "No such language")
    response = RedirectResponse(way_back(back), status_code=303)
    response.set_cookie("language", code, max_age=30 * 86400, httponly=True, secure=SECURE, samesite="lax")
    return response
