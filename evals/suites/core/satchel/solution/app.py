import gzip, hashlib, hmac, html, io, os, re, secrets, sqlite3, stat, tarfile, threading, zipfile, zlib, json
from urllib.parse import quote
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response, UploadFile, File, Form, Depends
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel

SECRET = (os.environ.get("APP_SECRET") or secrets.token_hex(32)).encode()
MAXUP, MAXALL, MAXN = 1 << 20, 2 << 20, 100
con = sqlite3.connect(os.environ.get("DB_PATH", "satchel.db"), check_same_thread=False)
con.executescript("create table if not exists b(id text primary key, title text); create table if not exists f(bid text, path text, data blob, primary key(bid, path));")
lock = threading.Lock()
app = FastAPI()


@app.exception_handler(RequestValidationError)
async def bad(request, exc): return JSONResponse({"detail": "invalid input"}, 422)


def E(c, m="error"): return HTTPException(c, m)


def clean(path):
    if path.startswith("./"): path = path[2:]
    try: path.encode()
    except UnicodeError: raise E(422, "path")
    if not 1 <= len(path) <= 200 or path.startswith("/") or "\\" in path or re.match(r"[A-Za-z]:(?![^/])|[A-Za-z]:/", path) and True: raise E(422, "path")
    if re.match(r"[A-Za-z]:", path): raise E(422, "path")
    if any(ord(c) < 32 or ord(c) == 127 for c in path): raise E(422, "path")
    if any(s in ("", ".", "..") for s in path.split("/")): raise E(422, "path")
    return path


def clash(paths):
    ps = set(paths)
    for p in ps:
        parts = p.split("/")
        for i in range(1, len(parts)):
            if "/".join(parts[:i]) in ps: raise E(422, "file and folder")


class Limited(io.RawIOBase):
    def __init__(self, f, n): self.f, self.n = f, n
    def readable(self): return True
    def readinto(self, b):
        d = self.f.read(len(b)); self.n -= len(d)
        if self.n < 0: raise E(413)
        b[:len(d)] = d
        return len(d)


def unpack(raw):
    out, total = {}, 0
    def add(name, read):
        nonlocal total
        p = clean(name)
        if p in out: raise E(422, "twice")
        if len(out) >= MAXN: raise E(413)
        d = read(MAXALL - total + 1); total += len(d)
        if total > MAXALL: raise E(413)
        out[p] = d
    try:
        if raw[:2] == b"PK":
            z = zipfile.ZipFile(io.BytesIO(raw))
            for i in z.infolist():
                name = i.orig_filename
                mode = stat.S_IFMT(i.external_attr >> 16)
                if mode not in (0, stat.S_IFREG, stat.S_IFDIR): raise E(422, "not a file")
                if name.endswith("/"):
                    clean(name.rstrip("/") or "/"); continue
                if i.flag_bits & 1: raise E(422, "encrypted")
                def read(n, i=i):
                    with z.open(i) as f:
                        d = b""
                        while len(d) < n and (c := f.read(n - len(d))): d += c
                        if len(d) < n: f.read(1)
                        return d
                add(name, read)
        elif raw[:2] == b"\x1f\x8b":
            with tarfile.open(fileobj=io.BufferedReader(Limited(gzip.GzipFile(fileobj=io.BytesIO(raw)), MAXALL + (1 << 20))), mode="r|") as t:
                for i in t:
                    if i.isdir(): clean(i.name) if i.name not in (".", "./") else 0; continue
                    if not i.isreg(): raise E(422, "not a file")
                    if i.size > MAXALL: raise E(413)
                    f = t.extractfile(i)
                    add(i.name, f.read)
        else: raise E(422, "no archive")
    except HTTPException: raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, KeyError, IndexError, UnicodeError, OverflowError) as e:
        raise E(422, "damaged")
    if not out: raise E(422, "empty")
    clash(out)
    return out


def show(bid):
    b = con.execute("select id, title from b where id=?", (bid,)).fetchone()
    if not b: raise E(404)
    fs = con.execute("select path, length(data) from f where bid=?", (bid,)).fetchall()
    return {"id": b[0], "title": b[1], "files": [{"path": p, "size": n} for p, n in sorted(fs)], "total_size": sum(n for _, n in fs)}


def token(bid): return hmac.new(SECRET, bid.encode(), hashlib.sha256).hexdigest()


def authed(id: str, request: Request):
    with lock: show(id)
    t = request.headers.get("x-edit-token")
    if t is None: raise E(401)
    if not hmac.compare_digest(t.encode(), token(id).encode()): raise E(403)


@app.post("/api/bundles", status_code=201)
def new(archive: UploadFile = File(), title: str = Form("", max_length=200)):
    raw = archive.file.read(MAXUP + 1)
    if len(raw) > MAXUP: raise E(413)
    files = unpack(raw)
    bid = secrets.token_urlsafe(16)
    with lock, con:
        con.execute("insert into b values(?,?)", (bid, title))
        con.executemany("insert into f values(?,?,?)", [(bid, p, d) for p, d in files.items()])
        return show(bid) | {"edit_token": token(bid)}


@app.get("/api/bundles/{id}")
def get(id: str):
    with lock: return show(id)


@app.delete("/api/bundles/{id}", status_code=204, dependencies=[Depends(authed)])
def drop(id: str):
    with lock, con:
        con.execute("delete from f where bid=?", (id,)); con.execute("delete from b where id=?", (id,))


@app.get("/api/bundles/{id}/search")
def search(id: str, q: str):
    if not 1 <= len(q) <= 100: raise E(422)
    with lock:
        show(id); fs = sorted(con.execute("select path, data from f where bid=?", (id,)).fetchall())
    out = []
    for p, d in fs:
        try: t = d.decode()
        except UnicodeError: continue
        out += [{"path": p, "line": i, "text": l} for i, l in enumerate(t.split("\n"), 1) if q in l]
    return {"matches": out}


@app.get("/api/bundles/{id}/download")
def download(id: str):
    with lock:
        show(id); fs = sorted(con.execute("select path, data from f where bid=?", (id,)).fetchall())
    o = io.BytesIO()
    with zipfile.ZipFile(o, "w", zipfile.ZIP_DEFLATED) as z:
        for p, d in fs: z.writestr(p, d)
    return Response(o.getvalue(), media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{id}.zip"'})


@app.get("/api/bundles/{id}/files/{path:path}")
def raw(id: str, path: str):
    with lock: r = con.execute("select data from f where bid=? and path=?", (id, path)).fetchone()
    if not r: raise E(404)
    try: r[0].decode(); t = "text/plain; charset=utf-8"
    except UnicodeError: t = "application/octet-stream"
    return Response(r[0], headers={"Content-Type": t, "X-Content-Type-Options": "nosniff"})


class Content(BaseModel):
    content: str


@app.put("/api/bundles/{id}/files/{path:path}", dependencies=[Depends(authed)])
def put(id: str, path: str, b: Content, response: Response):
    try: d = b.content.encode()
    except UnicodeError: raise E(422)
    p = clean(path)
    with lock, con:
        fs = {f["path"]: f["size"] for f in show(id)["files"]}
        isnew = p not in fs
        fs[p] = len(d)
        if len(fs) > MAXN or sum(fs.values()) > MAXALL: raise E(413)
        clash(fs)
        con.execute("insert or replace into f values(?,?,?)", (id, p, d))
    response.status_code = 201 if isnew else 200
    return {"path": p, "size": len(d)}


@app.delete("/api/bundles/{id}/files/{path:path}", status_code=204, dependencies=[Depends(authed)])
def fdrop(id: str, path: str):
    with lock, con:
        if not con.execute("delete from f where bid=? and path=?", (id, path)).rowcount: raise E(404)


@app.get("/b/{id}", response_class=HTMLResponse)
def page(id: str):
    with lock: b = show(id)
    li = "".join(f'<li><a href="/api/bundles/{b["id"]}/files/{quote(f["path"])}">{html.escape(f["path"])}</a></li>' for f in b["files"])
    return f"<!doctype html><html><head><meta charset='utf-8'><title>Satchel</title></head><body><h1>{html.escape(b['title'])}</h1><ul>{li}</ul></body></html>"


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), log_level="warning")
