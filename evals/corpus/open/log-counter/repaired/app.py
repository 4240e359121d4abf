import hmac
import os
import re
import subprocess
from pathlib import Path

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

LOG_DIR = Path(os.environ.get("LOG_DIR", Path(__file__).parent / "logs")).resolve()
OPERATOR_KEY = os.environ["OPERATOR_KEY"]
if len(OPERATOR_KEY) < 20:
    raise SystemExit("OPERATOR_KEY must be 20 characters or longer")
LOG_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.log")


def operator(x_operator_key: str = Header("", max_length=200)) -> None:
    if not hmac.compare_digest(x_operator_key.encode("utf-8"), OPERATOR_KEY.encode("utf-8")):
        raise HTTPException(status_code=401, detail="Operator key needed")


app = FastAPI(title="Log counter", dependencies=[Depends(operator)])


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


class CountRequest(BaseModel):
    file: str = Field(max_length=70)
    term: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00\r\n]+$")
    ignore_case: bool = False


def log_path(name: str) -> Path:
    if LOG_NAME.fullmatch(name) is None:
        raise HTTPException(404, "No such log")
    path = LOG_DIR / name
    if path.is_symlink() or not path.is_file():
        raise HTTPException(404, "No such log")
    return path


@app.get("/logs")
def list_logs():
    found = [p for p in LOG_DIR.glob("*.log") if LOG_NAME.fullmatch(p.name) and p.is_file() and not p.is_symlink()]
    return [{"file": p.name, "bytes": p.stat().st_size} for p in sorted(found)[:500]]


@app.post("/logs/count")
def count(req: CountRequest):
    path = log_path(req.file)
    options = ["-F", "-c", "-i"] if req.ignore_case else ["-F", "-c"]
    command = ["grep", *options, "-e", req.term, "--", str(path)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except subprocess.TimeoutExpired:
        raise HTTPException(503, "Counting took too long")
    if run.returncode not in (0, 1):
        raise HTTPException(502, "Counting failed")
    first = run.stdout.strip().splitlines()
    return {"file": req.file, "lines": first[-1] if first else "0"}


@app.get("/logs/{name}/tail", response_class=PlainTextResponse)
def tail(name: str, lines: int = Query(20, ge=1, le=200)):
    path = log_path(name)
    with path.open("rb") as f:
        size = f.seek(0, os.SEEK_END)
        f.seek(max(0, size - 64 * 1024))
        chunk = f.read(64 * 1024)
    return "\n".join(chunk.decode("utf-8", "replace").splitlines()[-lines:])
