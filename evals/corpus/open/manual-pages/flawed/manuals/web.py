import threading
import time
from collections import deque
from html import escape
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from . import store

app = FastAPI(title="Manuals", docs_url=None, redoc_url=None)


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


def page(title: str, body: str) -> HTMLResponse:
    html = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
    return HTMLResponse(html, headers={"Content-Security-Policy": "default-src 'none'"})


def links(names: list[str]) -> str:
    return "<ul>" + "".join(f'<li><a href="/manuals/{quote(n)}">{escape(n)}</a></li>' for n in names) + "</ul>"


@app.get("/", response_class=HTMLResponse)
async def index():
    return page("Manuals", links(await run_in_threadpool(store.catalogue)))


@app.get("/manuals/{path:path}", response_class=HTMLResponse)
async def show(path: str):
    text = await run_in_threadpool(store.load, path)
    if text is None:
        raise HTTPException(404, "No such manual")
    return page(path, f"<pre>{escape(text)}</pre>")


@app.get("/raw/{path:path}", response_class=PlainTextResponse)
async def raw(path: str):
    text = await run_in_threadpool(store.load, path)
    if text is None:
        raise HTTPException(404, "No such manual")
    return text


@app.get("/find")
async def find(request: Request, word: str = Query(min_length=3, max_length=40, pattern=r"^\w+$")):
    throttle(f"find:{client_ip(request)}", limit=30, window=60)
    return await run_in_threadpool(store.holding, word)
