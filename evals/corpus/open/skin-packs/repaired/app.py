import hmac
import io
import os
import shutil
import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from fastapi import Path as PathParam
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse

PACKS = Path(os.environ.get("PACKS_DIR", "packs")).resolve()
PACKS.mkdir(exist_ok=True)
DB = os.environ.get("PACKS_DB", "packs.db")
KEY = os.environ["PACKS_KEY"]
if len(KEY) < 20:
    raise RuntimeError("PACKS_KEY needs 20 characters or more")
MAX_FILES, MAX_TOTAL, MAX_PACKS = 100, 5 * 2**20, 50
SUFFIXES = {".css", ".txt", ".json"}


def designer(x_packs_key: Annotated[str, Header()] = ""):
    if not hmac.compare_digest(x_packs_key.encode(), KEY.encode()):
        raise HTTPException(401, "Key needed")


app = FastAPI(dependencies=[Depends(designer)])


MAX_BODY = 2 * 1024 * 1024


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


PackName = Annotated[str, PathParam(pattern=r"^[a-z0-9-]{1,40}$")]


def db():
    return closing(sqlite3.connect(DB, timeout=15, isolation_level=None))


with db() as con:
    con.execute("CREATE TABLE IF NOT EXISTS packs (name TEXT PRIMARY KEY, files INTEGER NOT NULL)")


def inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if len(name) > 120 or "\x00" in name or "\\" in name or path.suffix not in SUFFIXES:
        raise ValueError("file not allowed")
    if len(path.parts) > 12:
        raise ValueError("too deep")
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("path not allowed")
    return path


def read_pack(data: bytes) -> dict[PurePosixPath, bytes]:
    files, total = {}, 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [e for e in archive.infolist() if not e.is_dir()]
        if not 1 <= len(entries) <= MAX_FILES:
            raise ValueError("number of files")
        for entry in entries:
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError("kind of compression")
            with archive.open(entry) as source:
                content = source.read(MAX_TOTAL - total + 1)
            total += len(content)
            if total > MAX_TOTAL:
                raise ValueError("pack too large")
            files[inside(entry.filename)] = content
    return files


@app.put("/packs/{name}", status_code=201)
def upload(name: PackName, data: Annotated[bytes, Body(media_type="application/zip", max_length=2 * 2**20)]):
    try:
        files = read_pack(data)
    except (ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError):
        raise HTTPException(422, "This pack is not acceptable")
    except Exception:
        raise HTTPException(422, "This pack cannot be read")
    with db() as con:
        con.execute("BEGIN IMMEDIATE")
        if con.execute("SELECT 1 FROM packs WHERE name = ?", (name,)).fetchone():
            con.execute("ROLLBACK")
            raise HTTPException(409, "Name already used")
        if con.execute("SELECT count(*) FROM packs").fetchone()[0] >= MAX_PACKS:
            con.execute("ROLLBACK")
            raise HTTPException(409, "Too many packs")
        folder = PACKS / name
        shutil.rmtree(folder, ignore_errors=True)
        try:
            for path, content in files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            con.execute("ROLLBACK")
            raise HTTPException(422, "This pack is not acceptable")
        con.execute("INSERT INTO packs VALUES (?, ?)", (name, len(files)))
        con.execute("COMMIT")
    return {"name": name, "files": sorted(str(p) for p in files)}


@app.get("/packs")
def packs():
    with db() as con:
        return [{"name": n, "files": f} for n, f in con.execute("SELECT name, files FROM packs ORDER BY name")]


@app.get("/packs/{name}/files/{path:path}", response_class=PlainTextResponse)
def get_file(name: PackName, path: str):
    folder = PACKS / name
    known = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()} if folder.is_dir() else {}
    if path not in known:
        raise HTTPException(404, "No such file")
    return PlainTextResponse(known[path].read_bytes().decode("utf-8", "replace"))


@app.delete("/packs/{name}", status_code=204)
def delete(name: PackName):
    with db() as con:
        if con.execute("DELETE FROM packs WHERE name = ?", (name,)).rowcount == 0:
            raise HTTPException(404, "No such pack")
    shutil.rmtree(PACKS / name, ignore_errors=True)
