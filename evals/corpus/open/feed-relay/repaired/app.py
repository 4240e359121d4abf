import asyncio
import hmac
import os
import threading
import time
from collections import deque
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

KEY = os.environ["RELAY_KEY"]
PARTNERS = {pair.strip().lower() for pair in os.environ["PARTNER_HOSTS"].split(",") if pair.strip()}
if len(KEY) < 20:
    raise RuntimeError("RELAY_KEY is too short")
CUT = 200_000


async def screen(x_relay_key: Annotated[str, Header()] = ""):
    if not hmac.compare_digest(x_relay_key.encode(), KEY.encode()):
        raise HTTPException(401, "Relay key needed")


app = FastAPI(dependencies=[Depends(screen)])


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


def partner_url(url: str) -> httpx.URL:
    try:
        split = urlsplit(url)
        parsed = httpx.URL(url)
        port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme)
    except (ValueError, httpx.InvalidURL, UnicodeError):
        raise HTTPException(422, "Not an address")
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo or split.username:
        raise HTTPException(422, "Not an address")
    if f"{parsed.host}:{port}".lower() not in PARTNERS:
        raise HTTPException(403, "Not a partner's address")
    return parsed


async def fetch(url: httpx.URL) -> dict:
    async with httpx.AsyncClient(follow_redirects=False, timeout=5, trust_env=False) as client:
        async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) >= CUT:
                    break
            kind = answer.headers.get("content-type", "")[:100]
            return {"status": answer.status_code, "type": kind, "text": bytes(body[:CUT]).decode("utf-8", "replace")}


@app.get("/relay")
async def relay(request: Request, url: Annotated[str, Query(min_length=8, max_length=500)]):
    throttle(f"relay:{client_ip(request)}", limit=60, window=60)
    target = partner_url(url)
    try:
        return await asyncio.wait_for(fetch(target), timeout=5)
    except (asyncio.TimeoutError, httpx.TimeoutException):
        raise HTTPException(504, "The partner does not answer")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError, OSError):
        raise HTTPException(502, "The partner cannot be reached")


@app.get("/partners")
async def partners():
    return sorted(PARTNERS)
