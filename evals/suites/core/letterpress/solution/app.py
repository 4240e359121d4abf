import base64, hashlib, hmac, html, json, math, os, re, secrets, sqlite3, subprocess, sys, threading, time
from typing import Annotated, Any, Literal
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field

SECRET = (os.environ.get("APP_SECRET") or secrets.token_hex(32)).encode()
con = sqlite3.connect(os.environ.get("DB_PATH", "letterpress.db"), check_same_thread=False)
con.row_factory = sqlite3.Row
con.executescript("""create table if not exists w(id text primary key, name text, kh text unique);
create table if not exists t(n integer primary key, id text unique, wid text, name text, kind text, body text, fields text);
create table if not exists r(id text primary key, wid text, kind text, output text);""")
lock = threading.Lock()
app = FastAPI()


def E(c, m="error"): return HTTPException(c, m)
@app.exception_handler(RequestValidationError)
async def bad(request, exc): return JSONResponse({"detail": "invalid"}, 422)
@app.middleware("http")
async def deep(request, call_next):
    if request.method in ("POST", "PUT"):
        try: json.loads(await request.body())
        except (ValueError, RecursionError): return JSONResponse({"detail": "invalid"}, 422)
    return await call_next(request)


def clean(v):
    if isinstance(v, str):
        try: v.encode()
        except UnicodeError: raise E(422)
    return v


NAME = r"[A-Za-z_][A-Za-z0-9_]*"
PATH = re.compile(NAME + r"(?:\.(?:" + NAME + r"|[0-9]+))*")
FILTERS = {"upper", "lower", "trim", "money", "link"}
def path(s):
    if not PATH.fullmatch(s): raise E(422, "path")
    return s.split(".")


def parse(body):
    root = []; stack = [("root", root, None)]; cur = root; i = 0
    while True:
        j = i
        while True:
            j = body.find("{", j)
            if j < 0 or body[j + 1:j + 2] in ("{", "%", "#") and body[j + 1:j + 2]: break
            j += 1
        if j < 0:
            if body[i:]: cur.append(("text", body[i:]))
            break
        if j > i: cur.append(("text", body[i:j]))
        kind = body[j + 1]; close = {"{": "}}", "%": "%}", "#": "#}"}[kind]
        k = body.find(close, j + 2)
        if k < 0: raise E(422, "not closed")
        inner = body[j + 2:k].strip(); i = k + 2
        if kind == "#": continue
        if kind == "{":
            p, *fs = [x.strip() for x in inner.split("|")]
            if not set(fs) <= FILTERS: raise E(422, "filter")
            cur.append(("var", path(p), fs)); continue
        words = inner.split()
        if len(words) == 2 and words[0] == "if":
            n = ("if", path(words[1]), [], []); cur.append(n); stack.append(("if", cur, n)); cur = n[2]
        elif len(words) == 4 and words[0] == "for" and words[2] == "in" and re.fullmatch(NAME, words[1]):
            n = ("for", words[1], path(words[3]), []); cur.append(n); stack.append(("for", cur, n)); cur = n[3]
        elif words == ["else"] and stack[-1][0] == "if": 
            stack[-1] = ("else",) + stack[-1][1:]; cur = stack[-1][2][3]
        elif words == ["endif"] and stack[-1][0] in ("if", "else"): cur = stack.pop()[1]
        elif words == ["endfor"] and stack[-1][0] == "for": cur = stack.pop()[1]
        else: raise E(422, "unknown")
        if len(stack) > 11: raise E(422, "too deep")
    if len(stack) > 1: raise E(422, "not closed")
    return root


MISSING = object()
class Run:
    def __init__(self, kind): self.kind, self.out, self.n, self.passes = kind, [], 0, 0
    def get(self, p, env):
        v = MISSING
        for i, s in enumerate(p):
            if i == 0: v = next((e[s] for e in reversed(env) if s in e), MISSING)
            elif isinstance(v, dict) and not s[0].isdigit(): v = v.get(s, MISSING)
            elif isinstance(v, list) and s[0].isdigit() and len(s) < 10 and int(s) < len(v): v = v[int(s)]
            else: return MISSING
            if v is MISSING: return v
        return v
    def put(self, s):
        self.n += len(s)
        if self.n > 200000: raise E(422, "too long")
        self.out.append(s)
    def run(self, nodes, env):
        for n in nodes:
            if n[0] == "text": self.put(n[1])
            elif n[0] == "if": 
                v = self.get(n[1], env)
                self.run(n[2] if v is not MISSING and v else n[3], env)
            elif n[0] == "for":
                v = self.get(n[2], env)
                if not isinstance(v, list): raise E(422, "no list")
                for x in v:
                    self.passes += 1
                    if self.passes > 100000: raise E(422, "passes")
                    self.run(n[3], env + [{n[1]: x}])
            else:
                v = self.get(n[1], env)
                for f in n[2]:
                    if f == "money":
                        if type(v) is not int: raise E(422)
                        v = f"{'-' if v < 0 else ''}{abs(v) // 100:,}.{abs(v) % 100:02}"
                    else:
                        if not isinstance(v, str): raise E(422)
                        v = {"upper": v.upper, "lower": v.lower, "trim": v.strip, "link": lambda: v if v.lower().startswith(("http://", "https://", "mailto:")) else "#"}[f]()
                if isinstance(v, (dict, list)) or v is MISSING: raise E(422)
                if v is None: v = ""
                elif not isinstance(v, str): v = json.dumps(v)
                self.put(html.escape(v) if self.kind == "html" else v)


def matches(pairs):
    try:
        p = subprocess.run([sys.executable, "-I", "-c", "import re,sys,json\nprint(all(re.fullmatch(p,v) for p,v in json.load(sys.stdin)))"], input=json.dumps(pairs), capture_output=True, text=True, timeout=1)
    except subprocess.TimeoutExpired: return False
    return p.stdout.strip() == "True"


def ws(request: Request):
    h = request.headers.get("authorization", "")
    if not h.startswith("Bearer "): raise E(401)
    with lock: r = con.execute("select id from w where kh=?", (hashlib.sha256(h[7:].encode()).hexdigest(),)).fetchone()
    if not r: raise E(401)
    return r["id"]


class WNew(BaseModel):
    name: str = Field(min_length=1, max_length=60)
class FieldIn(BaseModel):
    required: bool = False; max_length: Annotated[int, Field(ge=1, le=10000)] | None = None; pattern: Annotated[str, Field(max_length=200)] | None = None
def fname(v):
    if not re.fullmatch(NAME, v): raise ValueError("name")
    return v
class TNew(BaseModel):
    name: str = Field(min_length=1, max_length=80); kind: Literal["text", "html"]; body: str = Field(min_length=1, max_length=50000)
    fields: Annotated[dict[Annotated[str, AfterValidator(fname)], FieldIn], Field(max_length=30)] = {}


@app.post("/workspaces", status_code=201)
def wnew(b: WNew):
    clean(b.name); i, k = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
    with lock, con: con.execute("insert into w values(?,?,?)", (i, b.name, hashlib.sha256(k.encode()).hexdigest()))
    return {"id": i, "name": b.name, "key": k}


def tshow(r): return {"id": r["id"], "name": r["name"], "kind": r["kind"], "body": r["body"], "fields": json.loads(r["fields"])}
def tget(id, wid):
    with lock: r = con.execute("select * from t where id=? and wid=?", (id, wid)).fetchone()
    if not r: raise E(404)
    return r


@app.post("/templates", status_code=201)
def tnew(b: TNew, wid=Depends(ws)):
    clean(b.name); clean(b.body); parse(b.body)
    for f in b.fields.values():
        if f.pattern is not None:
            clean(f.pattern)
            try: re.compile(f.pattern)
            except (re.error, OverflowError, RecursionError, ValueError): raise E(422)
    i = secrets.token_urlsafe(12)
    with lock, con: con.execute("insert into t(id,wid,name,kind,body,fields) values(?,?,?,?,?,?)", (i, wid, b.name, b.kind, b.body, json.dumps({k: v.model_dump(exclude_none=True) for k, v in b.fields.items()})))
    return tshow(tget(i, wid))


@app.get("/templates")
def tlist(wid=Depends(ws)):
    with lock: return [{"id": r["id"], "name": r["name"], "kind": r["kind"]} for r in con.execute("select * from t where wid=? order by n", (wid,))]
@app.get("/templates/{id}")
def tone(id: str, wid=Depends(ws)): return tshow(tget(id, wid))
@app.delete("/templates/{id}", status_code=204)
def tdel(id: str, wid=Depends(ws)):
    tget(id, wid)
    with lock, con: con.execute("delete from t where id=?", (id,))


class RIn(BaseModel):
    data: dict[str, Any]
@app.post("/templates/{id}/render", status_code=201)
def rnew(id: str, b: RIn, wid=Depends(ws)):
    t = tget(id, wid); pairs = []
    for k, f in json.loads(t["fields"]).items():
        v = b.data.get(k)
        if v is None:
            if f.get("required"): raise E(422)
            continue
        if "max_length" in f or "pattern" in f:
            if not isinstance(v, str) or len(v) > f.get("max_length", 1 << 60): raise E(422)
            if "pattern" in f: pairs.append((f["pattern"], v))
    if pairs and not matches(pairs): raise E(422)
    run = Run(t["kind"])
    try: run.run(parse(t["body"]), [b.data])
    except ValueError: raise E(422)
    o = clean("".join(run.out)); i = secrets.token_urlsafe(12)
    with lock, con: con.execute("insert into r values(?,?,?,?)", (i, wid, t["kind"], o))
    return {"id": i, "kind": t["kind"], "output": o}


def rget(id, wid=None):
    with lock: r = con.execute("select * from r where id=?", (id,)).fetchone()
    if not r or (wid and r["wid"] != wid): raise E(404)
    return r
def give(r): return Response(r["output"].encode(), headers={"Content-Type": ("text/html" if r["kind"] == "html" else "text/plain") + "; charset=utf-8", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"})


@app.get("/renders/{id}")
def rone(id: str, wid=Depends(ws)): return give(rget(id, wid))
@app.delete("/renders/{id}", status_code=204)
def rdel(id: str, wid=Depends(ws)):
    rget(id, wid)
    with lock, con: con.execute("delete from r where id=?", (id,))


class SIn(BaseModel):
    seconds: int = Field(ge=60, le=86400)
@app.post("/renders/{id}/share", status_code=201)
def share(id: str, b: SIn, wid=Depends(ws)):
    rget(id, wid); e = int(time.time()) + b.seconds
    p = base64.urlsafe_b64encode(json.dumps({"r": id, "e": e}).encode()).rstrip(b"=").decode()
    t = p + "." + hmac.new(SECRET, p.encode(), hashlib.sha256).hexdigest()
    return {"token": t, "url": "/s/" + t, "expires_at": e}


@app.get("/s/{token}")
def shared(token: str):
    p, _, s = token.partition(".")
    if not hmac.compare_digest(s.encode(), hmac.new(SECRET, p.encode(), hashlib.sha256).hexdigest().encode()): raise E(404)
    try:
        d = json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)))
        if d["e"] < time.time() or not isinstance(d["r"], str): raise E(404)
    except (ValueError, KeyError, TypeError): raise E(404)
    return give(rget(d["r"]))


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), log_level="warning")
