from .base import *
import re, datetime as dt
from typing import Annotated, Any, Literal
from fastapi import Header, Response
from pydantic import BaseModel, EmailStr, Field, AfterValidator, StrictBool

app = make_app("Switchboard")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True); email = Column(String, unique=True); name = Column(String); pw = Column(String); is_admin = Column(Boolean)
class Project(Base):
    __tablename__ = "projects"
    slug = Column(String, primary_key=True); name = Column(String)
class Member(Base):
    __tablename__ = "members"
    slug = Column(String, primary_key=True); user_id = Column(Integer, primary_key=True); role = Column(String)
class Flag(Base):
    __tablename__ = "flags"
    slug = Column(String, primary_key=True); key = Column(String, primary_key=True); type = Column(String); body = Column(JSON); version = Column(Integer)
class Key(Base):
    __tablename__ = "keys"
    id = Column(Integer, primary_key=True); slug = Column(String); label = Column(String); last4 = Column(String); hash = Column(String)
class Audit(Base):
    __tablename__ = "audits"
    id = Column(Integer, primary_key=True); slug = Column(String); actor_id = Column(Integer); action = Column(String); target = Column(String); at = Column(String)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), is_admin=True)); s.commit()


def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}
def me(c=Depends(bearer), s: Session = Depends(db)):
    u = s.get(User, int(c["sub"]))
    if not u: raise E(401)
    return u


class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=10, max_length=128); name: str = Field(min_length=1, max_length=80)
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str


@app.post("/auth/register", status_code=201)
def register(b: Reg, s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    u = User(email=b.email.lower(), name=b.name, pw=hash_pw(b.password), is_admin=False); s.add(u); s.flush()
    return row(u, "pw")


@app.post("/auth/login")
def login(b: Login, s: Session = Depends(db)):
    u = s.scalar(select(User).where(User.email == b.email.lower()))
    if not u or not check_pw(b.password, u.pw): raise E(401)
    return pair(u.id)


@app.post("/auth/refresh")
def refresh(b: Refresh): return pair(claims(b.refresh_token, "refresh")["sub"])
@app.get("/me")
def get_me(u=Depends(me)): return row(u, "pw")


RANK = ["viewer", "editor", "owner"]
def role(s, slug, u):
    if not s.get(Project, slug): return None
    if u.is_admin: return "owner"
    m = s.get(Member, (slug, u.id))
    return m and m.role
def need(s, slug, u, least):
    r = role(s, slug, u)
    if not r: raise E(404)
    if RANK.index(r) < RANK.index(least): raise E(403)
def log(s, slug, u, action, target): s.add(Audit(slug=slug, actor_id=u.id, action=action, target=target, at=dt.datetime.now(dt.timezone.utc).isoformat()))


def pat(p):
    def f(v):
        if not re.fullmatch(p, v): raise ValueError("pattern")
        return v
    return Annotated[str, AfterValidator(f)]
class PNew(BaseModel):
    slug: pat("[a-z][a-z0-9-]{1,39}"); name: str = Field(min_length=1, max_length=80)


@app.post("/projects", status_code=201)
def pnew(b: PNew, u=Depends(me), s: Session = Depends(db)):
    if s.get(Project, b.slug): raise E(409)
    s.add(Project(**b.model_dump())); s.add(Member(slug=b.slug, user_id=u.id, role="owner")); log(s, b.slug, u, "project.created", b.slug)
    return b.model_dump()


@app.get("/projects")
def plist(u=Depends(me), s: Session = Depends(db)): return [row(p) for p in s.scalars(select(Project).order_by(Project.slug)).all() if role(s, p.slug, u)]


class MIn(BaseModel):
    email: str; role: Literal["viewer", "editor", "owner"]
def mshow(s, m): return {"user_id": m.user_id, "email": s.get(User, m.user_id).email, "role": m.role}
def last_owner(s, slug, m): return m.role == "owner" and s.scalar(select(func.count()).select_from(Member).where(Member.slug == slug, Member.role == "owner")) == 1


@app.get("/projects/{slug}/members")
def mlist(slug: str, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "viewer")
    return [mshow(s, m) for m in s.scalars(select(Member).where(Member.slug == slug)).all()]


@app.put("/projects/{slug}/members")
def mput(slug: str, b: MIn, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "owner")
    x = s.scalar(select(User).where(User.email == b.email.lower()))
    if not x: raise E(404)
    m = s.get(Member, (slug, x.id))
    if m and b.role != "owner" and last_owner(s, slug, m): raise E(409)
    if m: m.role = b.role
    else: m = Member(slug=slug, user_id=x.id, role=b.role); s.add(m)
    log(s, slug, u, "member.set", x.email)
    return mshow(s, m)


@app.delete("/projects/{slug}/members/{uid}", status_code=204)
def mdel(slug: str, uid: int, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "viewer" if uid == u.id else "owner")
    m = s.get(Member, (slug, uid))
    if not m: raise E(404)
    if last_owner(s, slug, m): raise E(409)
    log(s, slug, u, "member.removed", s.get(User, uid).email); s.delete(m)


class Cond(BaseModel):
    attribute: str = Field(min_length=1, max_length=60); op: Literal["in", "not_in", "contains", "starts_with", "gt", "lt"]; values: Annotated[list[Any], Field(min_length=1, max_length=50)]
class Rule(BaseModel):
    conditions: Annotated[list[Cond], Field(max_length=10)]; serve: Any; percentage: int = Field(100, ge=0, le=100)
class Body(BaseModel):
    description: str = Field("", max_length=300); enabled: bool; off_value: Any; default_value: Any; rules: Annotated[list[Rule], Field(max_length=20)] = []
class FNew(Body):
    key: pat("[a-z][a-z0-9_.-]{0,63}"); type: Literal["boolean", "integer", "string"]


def isnum(v): return type(v) in (int, float)
def check(b, typ):
    def good(v): return {"boolean": lambda: type(v) is bool, "integer": lambda: type(v) is int and -2**31 <= v < 2**31, "string": lambda: type(v) is str and len(v) <= 1000}[typ]()
    if not all(good(v) for v in [b.off_value, b.default_value] + [r.serve for r in b.rules]): raise E(422)
    for r in b.rules:
        for c in r.conditions:
            if not all(type(v) in (bool, int, float, str) for v in c.values): raise E(422)
            if c.op in ("gt", "lt") and not (len(c.values) == 1 and isnum(c.values[0])): raise E(422)
            if c.op in ("contains", "starts_with") and not all(type(v) is str for v in c.values): raise E(422)
    return {k: b.model_dump()[k] for k in Body.model_fields}
def fshow(f, response=None):
    if response: response.headers["ETag"] = f'"{f.version}"'
    return {"key": f.key, "type": f.type, "version": f.version} | f.body


@app.post("/projects/{slug}/flags", status_code=201)
def fnew(slug: str, b: FNew, response: Response, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "editor"); body = check(b, b.type)
    if s.get(Flag, (slug, b.key)): raise E(409)
    f = Flag(slug=slug, key=b.key, type=b.type, body=body, version=1); s.add(f); log(s, slug, u, "flag.created", f.key)
    return fshow(f, response)


@app.get("/projects/{slug}/flags")
def flist(slug: str, q: str = "", enabled: bool = None, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "viewer")
    return [fshow(f) for f in s.scalars(select(Flag).where(Flag.slug == slug).order_by(Flag.key)) if (enabled is None or f.body["enabled"] == enabled) and (q.lower() in f.key.lower() or q.lower() in f.body["description"].lower())]


def flag(s, slug, key):
    f = s.get(Flag, (slug, key))
    if not f: raise E(404)
    return f
def matched(f, m):
    if m is None: raise E(428)
    if m != f'"{f.version}"': raise E(412)


@app.get("/projects/{slug}/flags/{key}")
def fget(slug: str, key: str, response: Response, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "viewer")
    return fshow(flag(s, slug, key), response)


@app.put("/projects/{slug}/flags/{key}")
def fput(slug: str, key: str, b: Body, response: Response, if_match: Annotated[str | None, Header()] = None, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "editor"); f = flag(s, slug, key); matched(f, if_match)
    f.body = check(b, f.type); f.version += 1; log(s, slug, u, "flag.updated", key)
    return fshow(f, response)


@app.delete("/projects/{slug}/flags/{key}", status_code=204)
def fdel(slug: str, key: str, if_match: Annotated[str | None, Header()] = None, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "editor"); f = flag(s, slug, key); matched(f, if_match)
    s.delete(f); log(s, slug, u, "flag.deleted", key)


class KIn(BaseModel):
    label: str = Field(min_length=1, max_length=60)
def sha(t): return hashlib.sha256(t.encode()).hexdigest()


@app.post("/projects/{slug}/keys", status_code=201)
def knew(slug: str, b: KIn, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "owner"); sec = secrets.token_urlsafe(24)
    k = Key(slug=slug, label=b.label, last4=sec[-4:], hash=sha(sec)); s.add(k); s.flush(); log(s, slug, u, "key.created", b.label)
    return row(k, "hash", "slug") | {"secret": sec}


@app.get("/projects/{slug}/keys")
def klist(slug: str, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "owner")
    return [row(k, "hash", "slug") for k in s.scalars(select(Key).where(Key.slug == slug).order_by(Key.id))]


@app.delete("/projects/{slug}/keys/{id}", status_code=204)
def kdel(slug: str, id: int, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "owner"); k = s.get(Key, id)
    if not k or k.slug != slug: raise E(404)
    log(s, slug, u, "key.deleted", k.label); s.delete(k)


@app.get("/projects/{slug}/audit")
def audit(slug: str, limit: Annotated[int, Field(ge=1, le=100)] = 50, offset: Annotated[int, Field(ge=0)] = 0, u=Depends(me), s: Session = Depends(db)):
    need(s, slug, u, "owner")
    return {"items": [row(a, "slug") for a in s.scalars(select(Audit).where(Audit.slug == slug).order_by(Audit.id.desc()).limit(limit).offset(offset))], "total": s.scalar(select(func.count()).select_from(Audit).where(Audit.slug == slug))}


class Ctx(BaseModel):
    key: str = Field(min_length=1, max_length=200); attributes: dict[str, Any] = {}
class Ev(BaseModel):
    context: Ctx


def same(a, b): return (isnum(a) and isnum(b) or type(a) is type(b)) and a == b
def hold(c, at):
    v, vs, op = at.get(c["attribute"]), c["values"], c["op"]
    if v is None: return False
    if op == "in": return any(same(v, x) for x in vs)
    if op == "not_in": return not any(same(v, x) for x in vs)
    if op in ("contains", "starts_with"): return isinstance(v, str) and any(x in v if op == "contains" else v.startswith(x) for x in vs)
    return isnum(v) and (v > vs[0] if op == "gt" else v < vs[0])


@app.post("/evaluate")
def evaluate(b: Ev, request: Request, s: Session = Depends(db)):
    k = s.scalar(select(Key).where(Key.hash == sha(request.headers.get("x-sdk-key", ""))))
    if not k: raise E(401)
    out = {}
    for f in s.scalars(select(Flag).where(Flag.slug == k.slug)):
        out[f.key] = f.body["off_value"]
        if not f.body["enabled"]: continue
        n = int(hashlib.sha256(f"{f.key}:{b.context.key}".encode()).hexdigest()[:8], 16) % 100
        out[f.key] = next((r["serve"] for r in f.body["rules"] if n < r["percentage"] and all(hold(c, b.context.attributes) for c in r["conditions"])), f.body["default_value"])
    return {"values": out}
