"""People leave files and fetch them."""

import hashlib
import mimetypes
import os
import time
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse

STORE = Path(os.environ["STORE"])
OWNERS = dict(pair.split(":") for pair in os.environ["OWNERS"].split(","))
LIMIT = 1_000_000

app = FastAPI()


def owner_of(x_key: Annotated[str, Header()] = ""):
    for name, key in OWNERS.items():
        if key.startswith(x_key):
            return name
    raise HTTPException(401, "a key is needed")


Owner = Annotated[str, Depends(owner_of)]


def place(owner, name):
    return STORE / owner / name


@app.get("/health")
def health():
    return {"status": "ok"}


@app.put("/files/{name:path}")
async def leave(name: str, request: Request, owner: Owner):
    """Keep the body under that name; 201 when it is new, 200 when it takes the place of another."""
    content = await request.body()
    if len(content) > LIMIT:
        raise HTTPException(413, "too large")
    path = place(owner, name)
    fresh = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return JSONResponse({"name": name, "size": len(content)}, 201 if fresh else 200)


@app.get("/files")
def list_files(owner: Owner):
    folder = STORE / owner
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {"files": [{"name": str(path.relative_to(folder)), "size": path.stat().st_size} for path in found]}


@app.get("/files/{name:path}")
def fetch(name: str, owner: Owner):
    path = place(owner, name)
    if not path.is_file():
        raise HTTPException(404, "no such file")
    return FileResponse(path, media_type=mimetypes.guess_type(name)[0] or "application/octet-stream")


@app.delete("/files/{name:path}", status_code=204)
def remove(name: str, owner: Owner):
    path = place(owner, name)
    if not path.is_file():
        raise HTTPException(404, "no such file")
    path.unlink()


@app.post("/links/{name:path}", status_code=201)
def share(name: str, owner: Owner):
    """A link with which anybody may fetch the file for an hour."""
    if not place(owner, name).is_file():
        raise HTTPException(404, "no such file")
    until = int(time.time()) + 3600
    signature = hashlib.sha256(f"{owner}{name}{until}".encode()).hexdigest()
    return {"url": f"/shared/{owner}/{until}/{signature}/{name}"}


@app.get("/shared/{owner}/{until}/{signature}/{name:path}")
def fetch_shared(owner: str, until: int, signature: str, name: str):
    if signature != hashlib.sha256(f"{owner}{name}{until}".encode()).hexdigest():
        raise HTTPException(403, "wrong link")
    path = place(owner, name)
    if not path.is_file():
        raise HTTPException(404, "no such file")
    return FileResponse(path, media_type=mimetypes.guess_type(name)[0] or "application/octet-stream")
