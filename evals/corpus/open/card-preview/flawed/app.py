import threading
import time
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader

DESIGNS = ("plain", "floral")
pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
app = FastAPI(title="Card preview")


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


app.add_middleware(BodyLimit, limit=16_000)


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


previews = RateLimiter(times=60, seconds=60)
Line = Annotated[str, Form(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Block = Annotated[str, Form(min_length=1, max_length=600, pattern=r"^[^\x00]+$")]
SECURE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"}


def compose(text: str, recipient: str) -> str:
    source = text.replace("{recipient}", "{{ recipient }}").replace("{today}", "{{ today }}")
    return Environment().from_string(source).render(recipient=recipient, today=date.today().isoformat())


@app.get("/", response_class=HTMLResponse)
def form():
    return HTMLResponse(pages.get_template("form.html").render(designs=DESIGNS), headers=SECURE)


@app.post("/preview", response_class=HTMLResponse)
def preview(request: Request, design: Annotated[Literal["plain", "floral"], Form()], recipient: Line, text: Block):
    previews.hit(remote(request))
    html = pages.get_template("card.html").render(design=design, recipient=recipient, body=compose(text, recipient))
    return HTMLResponse(html, headers=SECURE)
