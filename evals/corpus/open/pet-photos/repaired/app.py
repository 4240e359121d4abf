import hmac
import io
import os
import secrets
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import aiosqlite
from fastapi import Depends, FastAPI, File, Form, Header, HTTPException, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from PIL import Image

PHOTOS = Path(os.environ.get("PHOTO_DIR", "photos")).resolve()
DB = os.environ.get("SHELTER_DB", "shelter.db")
KEY = os.environ["SHELTER_KEY"]
if len(KEY) < 20:
    raise RuntimeError("SHELTER_KEY is too short")
MAX_PHOTO = 3 * 2**20
MAX_PIXELS = 20_000_000
FORMATS = {"PNG": ".png", "JPEG": ".jpg"}


@asynccontextmanager
async def lifespan(_app):
    PHOTOS.mkdir(exist_ok=True)
    async with aiosqlite.connect(DB) as db:
        await db.execute("CREATE TABLE IF NOT EXISTS photos (name TEXT PRIMARY KEY, animal TEXT NOT NULL)")
        await db.commit()
    yield


app = FastAPI(lifespan=lifespan)


MAX_BODY = 4 * 2**20


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


async def volunteer(x_shelter_key: Annotated[str, Header()] = ""):
    if not hmac.compare_digest(x_shelter_key.encode(), KEY.encode()):
        raise HTTPException(401, "Volunteers only")


def clean(data: bytes) -> tuple[str, bytes]:
    """Decode the picture and write it anew, without metadata."""
    try:
        with Image.open(io.BytesIO(data), formats=list(FORMATS)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError("too many pixels")
            suffix = FORMATS[picture.format]
            out = io.BytesIO()
            picture.convert("RGB").save(out, format=picture.format)
    except Exception:
        raise HTTPException(415, "Not a usable JPEG or PNG photo")
    return suffix, out.getvalue()


@app.post("/photos", status_code=201, dependencies=[Depends(volunteer)])
async def send(
    file: Annotated[UploadFile, File()],
    animal: Annotated[str, Form(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")],
):
    data = await file.read(MAX_PHOTO + 1)
    if len(data) > MAX_PHOTO:
        raise HTTPException(413, "Photo too large")
    suffix, data = await run_in_threadpool(clean, data)
    name = secrets.token_hex(12) + suffix
    async with aiosqlite.connect(DB, timeout=15) as db:
        cur = await db.execute(
            "INSERT INTO photos SELECT ?, ? WHERE (SELECT count(*) FROM photos) < 2000", (name, animal)
        )
        if cur.rowcount != 1:
            raise HTTPException(409, "Too many photos")
        await run_in_threadpool((PHOTOS / name).write_bytes, data)
        await db.commit()
    return {"url": f"/photos/{name}"}


@app.get("/photos")
async def listing():
    async with aiosqlite.connect(DB, timeout=15) as db:
        rows = await db.execute_fetchall("SELECT name, animal FROM photos ORDER BY rowid DESC LIMIT 100")
    return [{"animal": animal, "url": f"/photos/{name}"} for name, animal in rows]


async def known(name: str) -> str:
    async with aiosqlite.connect(DB, timeout=15) as db:
        found = await (await db.execute("SELECT name FROM photos WHERE name = ?", (name,))).fetchone()
    if found is None or not (PHOTOS / found[0]).is_file():
        raise HTTPException(404, "No such photo")
    return found[0]


@app.get("/photos/{name}", response_class=FileResponse)
async def photo(name: Annotated[str, Depends(known)]):
    return FileResponse(PHOTOS / name)


@app.delete("/photos/{name}", status_code=204, dependencies=[Depends(volunteer)])
async def take_away(name: Annotated[str, Depends(known)]):
    async with aiosqlite.connect(DB, timeout=15) as db:
        await db.execute("DELETE FROM photos WHERE name = ?", (name,))
        await db.commit()
    (PHOTOS / name).unlink(missing_ok=True)
