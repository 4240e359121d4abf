from .base import *
import re, datetime as dt
from decimal import Decimal, ROUND_HALF_UP
from typing import Annotated, Literal
from uuid import UUID
from urllib.parse import quote
from fastapi import File, Response, UploadFile
from sqlalchemy import LargeBinary
from pydantic import BaseModel, EmailStr, Field, AfterValidator, model_validator

app = make_app("Expenses")
def nid(): return str(uuid.uuid4())


class User(Base):
    __tablename__ = "users"
    n = Column(Integer, primary_key=True); id = Column(String, unique=True, default=nid); email = Column(String, unique=True); name = Column(String); pw = Column(String); role = Column(String); manager_id = Column(String); active = Column(Boolean, default=True); gen = Column(Integer, default=0)
class Claim(Base):
    __tablename__ = "claims"
    n = Column(Integer, primary_key=True); id = Column(String, unique=True, default=nid); employee_id = Column(String); title = Column(String); status = Column(String); note = Column(String); approved_by = Column(String); second_approved_by = Column(String)
class Item(Base):
    __tablename__ = "items"
    n = Column(Integer, primary_key=True); id = Column(String, unique=True, default=nid); claim_id = Column(String); date = Column(String); category = Column(String); amount_cents = Column(Integer); currency = Column(String); rate = Column(String); description = Column(String); amount_eur_cents = Column(Integer)
class Receipt(Base):
    __tablename__ = "receipts"
    n = Column(Integer, primary_key=True); id = Column(String, unique=True, default=nid); claim_id = Column(String); filename = Column(String); content_type = Column(String); size = Column(Integer); data = Column(LargeBinary)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), role="admin", active=True)); s.commit()


def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in ("n",) + skip}
def by(s, cls, id): return s.scalar(select(cls).where(cls.id == str(id)))
def me(c=Depends(bearer), s: Session = Depends(db)):
    u = by(s, User, c["sub"])
    if not u or not u.active: raise E(401)
    return u
def adm(u=Depends(me)):
    if u.role != "admin": raise E(403)
    return u
def tokens(u):
    t = pair(u.id)
    t["refresh_token"] = jwt.encode({"sub": u.id, "typ": "refresh", "gen": u.gen, "exp": int(time.time()) + 86400, "jti": uuid.uuid4().hex}, SECRET, "HS256")
    return t


class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str
Pw = Annotated[str, Field(min_length=12, max_length=128)]
class PwIn(BaseModel):
    old_password: str; new_password: Pw
Role = Literal["employee", "finance", "admin"]
class UNew(BaseModel):
    email: EmailStr; password: Pw; name: str = Field(min_length=1, max_length=80); role: Role; manager_id: UUID | None = None
class UEdit(BaseModel):
    role: Role = None; manager_id: UUID | None = None; active: bool = None


@app.post("/auth/login")
def login(b: Login, s: Session = Depends(db)):
    u = s.scalar(select(User).where(User.email == b.email.lower()))
    if not u or not u.active or not check_pw(b.password, u.pw): raise E(401)
    return tokens(u)


@app.post("/auth/refresh")
def refresh(b: Refresh, s: Session = Depends(db)):
    c = claims(b.refresh_token, "refresh"); u = by(s, User, c["sub"])
    if not u or not u.active or c["gen"] != u.gen: raise E(401)
    return tokens(u)


@app.post("/auth/password", status_code=204)
def chpw(b: PwIn, u=Depends(me)):
    if not check_pw(b.old_password, u.pw): raise E(403)
    u.pw = hash_pw(b.new_password); u.gen += 1


def ushow(u): return row(u, "pw", "gen")
@app.get("/me")
def get_me(u=Depends(me)): return ushow(u)
@app.get("/employees")
def ulist(u=Depends(adm), s: Session = Depends(db)): return [ushow(x) for x in s.scalars(select(User))]


@app.post("/employees", status_code=201)
def unew(b: UNew, u=Depends(adm), s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    if b.manager_id and not by(s, User, b.manager_id): raise E(422)
    x = User(email=b.email.lower(), name=b.name, role=b.role, pw=hash_pw(b.password), manager_id=b.manager_id and str(b.manager_id), active=True, gen=0); s.add(x); s.flush()
    return ushow(x)


@app.patch("/employees/{id}")
def uedit(id: UUID, b: UEdit, u=Depends(adm), s: Session = Depends(db)):
    x = by(s, User, id)
    if not x: raise E(404)
    d = b.model_dump(exclude_unset=True)
    if d.get("manager_id"):
        m = by(s, User, d["manager_id"])
        if not m: raise E(422)
        d["manager_id"] = m.id
        while m:
            if m.id == x.id: raise E(409)
            m = m.manager_id and by(s, User, m.manager_id)
    for k, v in d.items(): setattr(x, k, v)
    return ushow(x)


def owner(s, c): return by(s, User, c.employee_id)
def sees(s, c, u): return c.employee_id == u.id or (c.status != "draft" and (owner(s, c).manager_id == u.id or u.role == "finance"))
def claim(s, id, u):
    c = by(s, Claim, id)
    if not c or not sees(s, c, u): raise E(404)
    return c
def edit(s, id, u):
    c = claim(s, id, u)
    if c.employee_id != u.id: raise E(403)
    return c
def editable(c):
    if c.status not in ("draft", "rejected"): raise E(409)
def its(s, c): return s.scalars(select(Item).where(Item.claim_id == c.id).order_by(Item.n)).all()
def show(s, c):
    i = its(s, c)
    return row(c) | {"employee_name": owner(s, c).name, "items": [row(x, "claim_id") for x in i], "total_eur_cents": sum(x.amount_eur_cents for x in i),
                     "receipts": [rshow(r) for r in s.scalars(select(Receipt).where(Receipt.claim_id == c.id).order_by(Receipt.n))]}
def rshow(r): return row(r, "claim_id", "data")


class CIn(BaseModel):
    title: str = Field(min_length=1, max_length=120)


@app.post("/claims", status_code=201)
def cnew(b: CIn, u=Depends(me), s: Session = Depends(db)):
    c = Claim(employee_id=u.id, title=b.title, status="draft"); s.add(c); s.flush()
    return show(s, c)


def can_decide(s, c, u):
    if c.employee_id == u.id: return False
    if c.status == "second_approval": return u.role == "finance" and c.approved_by != u.id
    return owner(s, c).manager_id == u.id


Status = Literal["draft", "submitted", "second_approval", "approved", "rejected", "paid"]
@app.get("/claims")
def clist(scope: Literal["own", "to_decide", "all"] = "own", status: Status = None, limit: Annotated[int, Field(ge=1, le=100)] = 50, offset: Annotated[int, Field(ge=0)] = 0, u=Depends(me), s: Session = Depends(db)):
    out = []
    for c in s.scalars(select(Claim).order_by(Claim.n.desc())).all():
        if status and c.status != status: continue
        if not {"own": c.employee_id == u.id, "all": sees(s, c, u), "to_decide": c.status in ("submitted", "second_approval") and can_decide(s, c, u)}[scope]: continue
        out.append(c)
    return {"items": [show(s, c) for c in out[offset:offset + limit]], "total": len(out)}


@app.get("/claims/{id}")
def cget(id: UUID, u=Depends(me), s: Session = Depends(db)): return show(s, claim(s, id, u))


@app.patch("/claims/{id}")
def cedit(id: UUID, b: CIn, u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); editable(c); c.title = b.title
    return show(s, c)


@app.delete("/claims/{id}", status_code=204)
def cdel(id: UUID, u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); editable(c)
    for x in its(s, c): s.delete(x)
    for x in s.scalars(select(Receipt).where(Receipt.claim_id == c.id)).all(): s.delete(x)
    s.delete(c)


def full(p):
    def f(v):
        if not re.fullmatch(p, v): raise ValueError("pattern")
        return v
    return Annotated[str, AfterValidator(f)]
def past(d):
    if d > dt.date.today(): raise ValueError("future")
    return d
class IIn(BaseModel):
    date: Annotated[dt.date, AfterValidator(past)]; category: Literal["travel", "lodging", "meals", "other"]; amount_cents: int = Field(ge=1, le=5000000); currency: full(r"[A-Z]{3}")
    rate: full(r"[0-9]{1,4}(\.[0-9]{1,6})?") = "1"; description: str = Field("", max_length=300)
    @model_validator(mode="after")
    def _r(self):
        r = Decimal(self.rate)
        if r == 0 or (self.currency == "EUR" and r != 1): raise ValueError("rate")
        return self


def fill(i, b):
    for k, v in b.model_dump().items(): setattr(i, k, v)
    i.date = b.date.isoformat()
    i.amount_eur_cents = int((Decimal(b.amount_cents) * Decimal(b.rate)).quantize(Decimal(1), ROUND_HALF_UP))


@app.post("/claims/{id}/items", status_code=201)
def inew(id: UUID, b: IIn, u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); editable(c)
    if len(its(s, c)) >= 50: raise E(409)
    i = Item(claim_id=c.id); fill(i, b); s.add(i); s.flush()
    return row(i, "claim_id")


def item(s, c, id):
    i = by(s, Item, id)
    if not i or i.claim_id != c.id: raise E(404)
    return i


@app.put("/claims/{id}/items/{iid}")
def iput(id: UUID, iid: UUID, b: IIn, u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); i = item(s, c, iid); editable(c); fill(i, b)
    return row(i, "claim_id")


@app.delete("/claims/{id}/items/{iid}", status_code=204)
def idel(id: UUID, iid: UUID, u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); i = item(s, c, iid); editable(c); s.delete(i)


@app.post("/claims/{id}/receipts", status_code=201)
def rnew(id: UUID, file: UploadFile = File(), u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); editable(c)
    data = file.file.read(1048577)
    if len(data) > 1048576: raise E(413)
    kind = "application/pdf" if data.startswith(b"%PDF-") else "image/png" if data.startswith(b"\x89PNG\r\n\x1a\n") else "image/jpeg" if data.startswith(b"\xff\xd8\xff") else None
    if not kind: raise E(415)
    name = re.split(r"[/\\]", file.filename or "")[-1]
    name = "".join(ch for ch in name if ord(ch) >= 32 and ord(ch) != 127)[:100] or "receipt"
    r = Receipt(claim_id=c.id, filename=name, content_type=kind, size=len(data), data=data); s.add(r); s.flush()
    return rshow(r)


def receipt(s, id):
    r = by(s, Receipt, id)
    if not r: raise E(404)
    return r


@app.get("/receipts/{id}")
def rget(id: UUID, u=Depends(me), s: Session = Depends(db)):
    r = receipt(s, id); claim(s, r.claim_id, u)
    return Response(r.data, media_type=r.content_type, headers={"X-Content-Type-Options": "nosniff", "Content-Disposition": f"attachment; filename*=UTF-8''{quote(r.filename, safe='')}"})


@app.delete("/receipts/{id}", status_code=204)
def rdel(id: UUID, u=Depends(me), s: Session = Depends(db)):
    r = receipt(s, id); editable(edit(s, r.claim_id, u)); s.delete(r)


@app.post("/claims/{id}/submit")
def submit(id: UUID, u=Depends(me), s: Session = Depends(db)):
    c = edit(s, id, u); editable(c); d = show(s, c)
    if not d["items"] or (d["total_eur_cents"] > 5000 and not d["receipts"]): raise E(409)
    c.status, c.approved_by, c.second_approved_by = "submitted", None, None
    return show(s, c)


def decide(s, id, u):
    c = claim(s, id, u)
    if not can_decide(s, c, u): raise E(403)
    if c.status not in ("submitted", "second_approval"): raise E(409)
    return c


@app.post("/claims/{id}/approve")
def approve(id: UUID, u=Depends(me), s: Session = Depends(db)):
    c = decide(s, id, u)
    if c.status == "submitted":
        c.approved_by = u.id
        c.status = "second_approval" if show(s, c)["total_eur_cents"] > 100000 else "approved"
    else: c.second_approved_by, c.status = u.id, "approved"
    return show(s, c)


class Note(BaseModel):
    note: str = Field(min_length=1, max_length=500)


@app.post("/claims/{id}/reject")
def reject(id: UUID, b: Note, u=Depends(me), s: Session = Depends(db)):
    c = decide(s, id, u); c.status, c.note = "rejected", b.note
    return show(s, c)


@app.post("/claims/{id}/pay")
def pay(id: UUID, u=Depends(me), s: Session = Depends(db)):
    c = claim(s, id, u)
    if u.role != "finance" or c.employee_id == u.id: raise E(403)
    if c.status != "approved": raise E(409)
    c.status = "paid"
    return show(s, c)
