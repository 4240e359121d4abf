"""People leave files and fetch them."""

import hashlib
import hmac
import os
import re
import time
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse

STORE = Path(os.environ["STORE"])
OWNERS = dict(pair.split(":") for pair in os.environ["OWNERS"].split(","))
SECRET = os.environ["SECRET_KEY"].encode()
LIMIT = 1_000_000
PART = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
NAME = re.compile(rf"{PART}(/{PART}){{0,4}}")
HEADERS = {"X-Content-Type-Options": "nosniff"}

app = FastAPI()


def owner_of(x_key: Annotated[str, Header()] = ""):
    for name, key in OWNERS.items():
        if hmac.compare_digest(key.encode(), x_key.encode()):
            return name
    raise HTTPException(401, "a key is needed")


Owner = Annotated[str, Depends(owner_of)]


def place(owner, name):
    if len(name) > 200 or not NAME.fullmatch(name):
        raise HTTPException(422, "no name of a file")
    return STORE / owner / name


def signature_of(owner, until, name):
    return hmac.new(SECRET, f"{owner}/{until}/{name}".encode(), hashlib.sha256).hexdigest()


def attachment(path):
    if not path.is_file():
        raise HTTPException(404, "no such file")
    return FileResponse(
        path, media_type="application/octet-stream", filename=path.name, headers=HEADERS
    )


@app.get("/health")
def health():
    return {"status": "ok"}


@app.put("/files/{name:path}")
async def leave(name: str, request: Request, owner: Owner):
    """Keep the body under that name; 201 when it is new, 200 when it takes the place of another."""
    path, content = place(owner, name), b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LIMIT:
            raise HTTPException(413, "too large")
    fresh = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise HTTPException(409, "a file and a folder of one name") from error
    return JSONResponse({"name": name, "size": len(content)}, 201 if fresh else 200)


@app.get("/files")
def list_files(owner: Owner):
    folder = STORE / owner
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {"files": [{"name": name, "size": found[name].stat().st_size} for name in sorted(found)]}


@app.get("/files/{name:path}")
def fetch(name: str, owner: Owner):
    return attachment(place(owner, name))


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
    return {"url": f"/shared/{owner}/{until}/{signature_of(owner, until, name)}/{name}"}


@app.get("/shared/{owner}/{until}/{signature}/{name:path}")
def fetch_shared(owner: str, until: str, signature: str, name: str):
    right = hmac.compare_digest(signature_of(owner, until, name).encode(), signature.encode())
    if not right or int(until) < time.time():
        raise HTTPException(403, "wrong link")
    return attachment(place(owner, name))
