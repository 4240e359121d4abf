import hashlib, hmac, ipaddress, json, os, re, secrets, sqlite3, threading
from datetime import datetime, timezone
from html import escape
from urllib.parse import parse_qs
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from typing import Annotated
from starlette.exceptions import HTTPException as SHE

SECRET = (os.environ.get("APP_SECRET") or secrets.token_hex(32)).encode()
con = sqlite3.connect(os.environ.get("DB_PATH", "stub.db"), check_same_thread=False)
con.row_factory = sqlite3.Row
con.executescript("""create table if not exists a(id text primary key, name text);
create table if not exists l(n integer primary key, code text unique, aid text, url text, note text, public int, pw text, max_visits int, visits int default 0, disabled int default 0, created_at text);""")
lock = threading.Lock()
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def E(c): return HTTPException(c, "error")
def html(body, code=200):
    return Response(f"<!doctype html><html lang=en><head><meta charset=utf-8><title>stub</title></head><body>{body}</body></html>", code,
                    {"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; form-action 'self'"})


@app.exception_handler(RequestValidationError)
async def bad(request, exc): return JSONResponse({"detail": "invalid"}, 422) if request.url.path.startswith("/api/") else html("<p>Invalid</p>", 422)
@app.exception_handler(SHE)
async def err(request, exc):
    return JSONResponse({"detail": exc.detail}, exc.status_code) if request.url.path.startswith("/api/") else html(f"<p>Error {exc.status_code}</p>", exc.status_code)


def sign(i): return hmac.new(SECRET, i.encode(), hashlib.sha256).hexdigest()
def account(request: Request):
    i, _, s = request.headers.get("x-api-key", "").partition(".")
    if not hmac.compare_digest(s.encode(), sign(i).encode()): raise E(401)
    with lock: r = con.execute("select * from a where id=?", (i,)).fetchone()
    if not r: raise E(401)
    return r["id"]


def clean(v):
    if isinstance(v, str):
        try: v.encode()
        except UnicodeError: raise E(422)
    return v


def parts(url):
    m = re.fullmatch(r"(?i)(https?)://(\[[0-9a-f:.]+\]|[^\s/?#\[\]:@]+)(?::([0-9]{1,5}))?([/?#].*)?", url)
    if not m: return None
    return m[1].lower(), m[2].lower(), int(m[3]) if m[3] else {"http": 80, "https": 443}[m[1].lower()]


def check_url(url, request):
    if len(url) > 2000 or not re.fullmatch(r"[!-~]+", url) or re.search(r'["<>\\^`{|}]', url): raise E(422)
    p = parts(url)
    if not p or not 1 <= p[2] <= 65535: raise E(422)
    if p[1].startswith("["):
        try: ipaddress.IPv6Address(p[1][1:-1])
        except ValueError: raise E(422)
    if parts("http://" + request.headers.get("host", ""))[1:] == p[1:]: raise E(422)


class ANew(BaseModel):
    name: str = Field(min_length=1, max_length=60)
Note = Annotated[str, Field(max_length=300)]
Pw = Annotated[str, Field(min_length=1, max_length=100)]
Max = Annotated[int, Field(ge=1, le=1000000)]
class LNew(BaseModel):
    url: str; code: str | None = None; note: Note = ""; public: bool = False; password: Pw | None = None; max_visits: Max | None = None
class LEdit(BaseModel):
    url: str = None; note: Note = None; public: bool = None; disabled: bool = None; password: Pw | None = None; max_visits: Max | None = None


@app.post("/api/accounts", status_code=201)
def anew(b: ANew):
    if not clean(b.name).strip(): raise E(422)
    i = secrets.token_urlsafe(12)
    with lock, con: con.execute("insert into a values(?,?)", (i, b.name))
    return {"id": i, "name": b.name, "api_key": f"{i}.{sign(i)}"}


def hp(p):
    s = secrets.token_bytes(8)
    return s.hex() + "$" + hashlib.pbkdf2_hmac("sha256", p.encode(), s, 2000).hex()
def cp(p, h):
    s, d = h.split("$")
    return hmac.compare_digest(d, hashlib.pbkdf2_hmac("sha256", p.encode("utf-8", "replace"), bytes.fromhex(s), 2000).hex())


def show(r):
    return {"code": r["code"], "url": r["url"], "note": r["note"], "public": bool(r["public"]), "protected": r["pw"] is not None, "max_visits": r["max_visits"], "visits": r["visits"], "disabled": bool(r["disabled"]), "created_at": r["created_at"]}
def row(code): return con.execute("select * from l where code=?", (code,)).fetchone()


@app.post("/api/links", status_code=201)
def lnew(b: LNew, request: Request, aid=Depends(account)):
    check_url(b.url, request); clean(b.note); clean(b.password)
    code = b.code
    if code is None: code = secrets.token_urlsafe(6)
    elif not re.fullmatch(r"[A-Za-z0-9_-]{3,32}", code) or code.lower() in ("api", "docs", "redoc", "static"): raise E(422)
    pw = hp(b.password) if b.password else None
    with lock, con:
        if row(code): raise E(409)
        con.execute("insert into l(code,aid,url,note,public,pw,max_visits,created_at) values(?,?,?,?,?,?,?,?)", (code, aid, b.url, b.note, b.public, pw, b.max_visits, datetime.now(timezone.utc).isoformat()))
        return show(row(code))


@app.get("/api/links")
def llist(q: str = "", host: str = None, limit: Annotated[int, Field(ge=1, le=100)] = 20, offset: Annotated[int, Field(ge=0)] = 0, aid=Depends(account)):
    with lock: rs = con.execute("select * from l where aid=? order by n desc", (aid,)).fetchall()
    rs = [r for r in rs if q.lower() in r["url"].lower() or q.lower() in r["note"].lower()]
    if host is not None:
        h = host.lower()
        rs = [r for r in rs if parts(r["url"])[1] == h or parts(r["url"])[1].endswith("." + h)]
    return {"items": [show(r) for r in rs[offset:offset + limit]], "total": len(rs)}


def mine(code, aid):
    r = row(code)
    if not r or r["aid"] != aid: raise E(404)
    return r


@app.get("/api/links/{code}")
def lget(code: str, aid=Depends(account)):
    with lock: return show(mine(code, aid))


@app.patch("/api/links/{code}")
def ledit(code: str, b: LEdit, request: Request, aid=Depends(account)):
    d = b.model_dump(exclude_unset=True)
    if "url" in d: check_url(d["url"], request)
    clean(d.get("note"))
    if "password" in d:
        p = d.pop("password"); clean(p); d["pw"] = hp(p) if p else None
    with lock, con:
        mine(code, aid)
        for k, v in d.items(): con.execute(f"update l set {k}=? where code=?", (v, code))
        return show(row(code))


@app.delete("/api/links/{code}", status_code=204)
def ldel(code: str, aid=Depends(account)):
    with lock, con: mine(code, aid); con.execute("delete from l where code=?", (code,))


def usable(code):
    r = row(code)
    if not r: raise E(404)
    if r["disabled"] or (r["max_visits"] is not None and r["visits"] >= r["max_visits"]): raise E(410)
    return r
def go(r, status):
    con.execute("update l set visits=visits+1 where code=?", (r["code"],))
    return Response(status_code=status, headers={"Location": r["url"], "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
def form(code): return f'<form method="post" action="/{escape(code)}"><label>Password <input type="password" name="password"></label><button>Go</button></form>'


@app.get("/u/{id}")
def upage(id: str):
    with lock:
        a = con.execute("select * from a where id=?", (id,)).fetchone()
        if not a: raise E(404)
        rs = con.execute("select * from l where aid=? and public and not disabled order by n desc", (id,)).fetchall()
    return html(f"<h1>{escape(a['name'])}</h1><ul>" + "".join(f'<li><a href="/{escape(r["code"])}">{escape(r["code"])}</a> {escape(r["note"])}</li>' for r in rs) + "</ul>")


@app.get("/{code}")
def visit(code: str):
    with lock, con:
        if code.endswith("+"):
            r = usable(code[:-1])
            if r["pw"] is not None: return html("<p>This link is protected.</p>")
            u = escape(r["url"])
            return html(f'<p><a rel="nofollow noreferrer noopener" href="{u}">{u}</a></p><p>{escape(r["note"])}</p>')
        r = usable(code)
        if r["pw"] is not None: return html(form(code))
        return go(r, 302)


@app.post("/{code}")
async def unlock(code: str, request: Request):
    pw = None
    if request.headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        try: pw = (await request.form()).get("password")
        except (SHE, KeyError, ValueError): pw = None
    with lock, con:
        r = usable(code)
        if r["pw"] is None: raise E(405)
        if not isinstance(pw, str) or not cp(pw, r["pw"]): return html("<p>Wrong password.</p>" + form(code), 403)
        return go(r, 303)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), log_level="warning")
