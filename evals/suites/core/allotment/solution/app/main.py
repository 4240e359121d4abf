from .base import *
import datetime as dt
from typing import Annotated, Literal
from pydantic import BaseModel, EmailStr, Field, AfterValidator

app = make_app("Allotment")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True); email = Column(String, unique=True); name = Column(String); pw = Column(String); role = Column(String)
class Fam(Base):
    __tablename__ = "fams"
    id = Column(String, primary_key=True); current = Column(String); dead = Column(Boolean, default=False)
class Site(Base):
    __tablename__ = "sites"
    id = Column(Integer, primary_key=True); name = Column(String)
class Plot(Base):
    __tablename__ = "plots"
    id = Column(Integer, primary_key=True); site_id = Column(Integer); number = Column(String); size_m2 = Column(Integer); rent_cents = Column(Integer); status = Column(String)
class Wait(Base):
    __tablename__ = "waits"
    n = Column(Integer, primary_key=True); ord = Column(Integer); site_id = Column(Integer); user_id = Column(Integer); min_size = Column(Integer); declines = Column(Integer, default=0)
class Offer(Base):
    __tablename__ = "offers"
    id = Column(Integer, primary_key=True); plot_id = Column(Integer); site_id = Column(Integer); user_id = Column(Integer); status = Column(String)
class Tenancy(Base):
    __tablename__ = "tenancies"
    id = Column(Integer, primary_key=True); plot_id = Column(Integer); site_id = Column(Integer); user_id = Column(Integer); status = Column(String)
class Work(Base):
    __tablename__ = "works"
    id = Column(Integer, primary_key=True); tenancy_id = Column(Integer); date = Column(String); minutes = Column(Integer); description = Column(String); confirmed = Column(Boolean)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), role="admin")); s.commit()


def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}
def me(c=Depends(bearer), s: Session = Depends(db)):
    u = s.get(User, int(c["sub"]))
    if not u: raise E(401)
    return u
def isb(u): return u.role in ("board", "admin")
def board(u=Depends(me)):
    if not isb(u): raise E(403)
    return u
def find(s, cls, id):
    o = s.get(cls, id)
    if not o: raise E(404)
    return o
def nb(v):
    if not v.strip(): raise ValueError("blank")
    return v
def text(n): return Annotated[str, Field(min_length=1, max_length=n), AfterValidator(nb)]


class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=10, max_length=128); name: str = Field(min_length=1, max_length=80)
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str


@app.post("/auth/register", status_code=201)
def register(b: Reg, s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    u = User(email=b.email.lower(), name=b.name, pw=hash_pw(b.password), role="gardener"); s.add(u); s.flush()
    return row(u, "pw")


def issue(uid, f):
    f.current = uuid.uuid4().hex
    return {"access_token": tok(uid, "access", 30), "refresh_token": jwt.encode({"sub": str(uid), "typ": "refresh", "fam": f.id, "jti": f.current, "exp": int(time.time()) + 86400}, SECRET, "HS256")}


@app.post("/auth/login")
def login(b: Login, s: Session = Depends(db)):
    u = s.scalar(select(User).where(User.email == b.email.lower()))
    if not u or not check_pw(b.password, u.pw): raise E(401)
    f = Fam(id=uuid.uuid4().hex, dead=False); s.add(f)
    return issue(u.id, f)


@app.post("/auth/refresh")
def refresh(b: Refresh, s: Session = Depends(db)):
    c = claims(b.refresh_token, "refresh"); f = s.get(Fam, c["fam"])
    if not f or f.dead or f.current != c["jti"]:
        if f: f.dead = True; s.commit()
        raise E(401)
    return issue(c["sub"], f)


@app.get("/me")
def get_me(u=Depends(me)): return row(u, "pw")


class RoleIn(BaseModel):
    role: Literal["gardener", "board"]
@app.put("/users/{id}/role")
def setrole(id: int, b: RoleIn, u=Depends(me), s: Session = Depends(db)):
    if u.role != "admin": raise E(403)
    x = find(s, User, id)
    if x.role == "admin": raise E(409)
    x.role = b.role
    return row(x, "pw")


class SNew(BaseModel):
    name: text(80)
@app.post("/sites", status_code=201)
def snew(b: SNew, u=Depends(board), s: Session = Depends(db)):
    x = Site(name=b.name); s.add(x); s.flush()
    return row(x)


class PNew(BaseModel):
    number: text(10); size_m2: int = Field(ge=10, le=1000); rent_cents: int = Field(ge=0, le=1000000)
@app.post("/sites/{id}/plots", status_code=201)
def pnew(id: int, b: PNew, u=Depends(board), s: Session = Depends(db)):
    find(s, Site, id)
    if s.scalar(select(Plot).where(Plot.site_id == id, Plot.number == b.number)): raise E(409)
    p = Plot(**b.model_dump(), site_id=id, status="free"); s.add(p); s.flush()
    return row(p)


@app.get("/sites/{id}/plots")
def plist(id: int, status: Literal["free", "offered", "let"] = None, min_size: int = 0, u=Depends(me), s: Session = Depends(db)):
    find(s, Site, id)
    return [row(p) for p in s.scalars(select(Plot).where(Plot.site_id == id, Plot.size_m2 >= min_size).order_by(Plot.number)) if not status or p.status == status]


def waits(s, sid): return s.scalars(select(Wait).where(Wait.site_id == sid).order_by(Wait.ord)).all()
def wshow(s, w, pos): return {"user_id": w.user_id, "name": s.get(User, w.user_id).name, "min_size": w.min_size, "position": pos}
def last(s): return (s.scalar(select(func.max(Wait.ord))) or 0) + 1


class WNew(BaseModel):
    min_size: int = Field(10, ge=10, le=1000)
@app.post("/sites/{id}/waitlist", status_code=201)
def wjoin(id: int, b: WNew, u=Depends(me), s: Session = Depends(db)):
    find(s, Site, id); ws = waits(s, id)
    if any(w.user_id == u.id for w in ws) or s.scalar(select(Tenancy.id).where(Tenancy.site_id == id, Tenancy.user_id == u.id, Tenancy.status == "active").limit(1)): raise E(409)
    w = Wait(ord=last(s), site_id=id, user_id=u.id, min_size=b.min_size, declines=0); s.add(w); s.flush()
    return wshow(s, w, len(ws) + 1)


def open_offer(s, sid, uid): return s.scalar(select(Offer.id).where(Offer.site_id == sid, Offer.user_id == uid, Offer.status == "open").limit(1))


@app.delete("/sites/{id}/waitlist", status_code=204)
def wleave(id: int, u=Depends(me), s: Session = Depends(db)):
    find(s, Site, id)
    w = next((w for w in waits(s, id) if w.user_id == u.id), None)
    if not w: raise E(404)
    if open_offer(s, id, u.id): raise E(409)
    s.delete(w)


@app.get("/sites/{id}/waitlist")
def wlist(id: int, u=Depends(me), s: Session = Depends(db)):
    find(s, Site, id)
    return [wshow(s, w, i) for i, w in enumerate(waits(s, id), 1) if isb(u) or w.user_id == u.id]


def oshow(s, o): return row(o, "site_id") | {"plot_number": s.get(Plot, o.plot_id).number}


@app.post("/plots/{id}/offer", status_code=201)
def onew(id: int, u=Depends(board), s: Session = Depends(db)):
    p = find(s, Plot, id)
    if p.status != "free": raise E(409)
    for w in waits(s, p.site_id):
        if w.min_size > p.size_m2 or open_offer(s, p.site_id, w.user_id): continue
        if s.scalar(select(Offer.id).where(Offer.plot_id == id, Offer.user_id == w.user_id, Offer.status == "declined").limit(1)): continue
        o = Offer(plot_id=id, site_id=p.site_id, user_id=w.user_id, status="open"); s.add(o); p.status = "offered"; s.flush()
        return oshow(s, o)
    raise E(409)


@app.get("/offers")
def olist(u=Depends(me), s: Session = Depends(db)): return [oshow(s, o) for o in s.scalars(select(Offer).where(Offer.user_id == u.id).order_by(Offer.id.desc())).all()]


def mine(s, id, u):
    o = find(s, Offer, id)
    if o.user_id != u.id: raise E(404)
    if o.status != "open": raise E(409)
    return o, s.get(Plot, o.plot_id), next(w for w in waits(s, o.site_id) if w.user_id == u.id)
def tshow(s, t): return row(t, "site_id") | {"plot_number": s.get(Plot, t.plot_id).number, "user_name": s.get(User, t.user_id).name}


@app.post("/offers/{id}/accept", status_code=201)
def oacc(id: int, u=Depends(me), s: Session = Depends(db)):
    o, p, w = mine(s, id, u); o.status, p.status = "accepted", "let"; s.delete(w)
    t = Tenancy(plot_id=p.id, site_id=p.site_id, user_id=u.id, status="active"); s.add(t); s.flush()
    return tshow(s, t)


@app.post("/offers/{id}/decline")
def odec(id: int, u=Depends(me), s: Session = Depends(db)):
    o, p, w = mine(s, id, u); o.status, p.status = "declined", "free"; w.declines += 1
    if w.declines == 3: w.declines, w.ord = 0, last(s)
    return oshow(s, o)


@app.get("/tenancies")
def tlist(user_id: int = None, u=Depends(me), s: Session = Depends(db)):
    q = select(Tenancy).order_by(Tenancy.id.desc())
    if not isb(u): q = q.where(Tenancy.user_id == u.id)
    elif user_id is not None: q = q.where(Tenancy.user_id == user_id)
    return [tshow(s, t) for t in s.scalars(q).all()]


def ten(s, id, u):
    t = find(s, Tenancy, id)
    if t.user_id != u.id and not isb(u): raise E(404)
    return t


@app.post("/tenancies/{id}/end")
def tend(id: int, u=Depends(me), s: Session = Depends(db)):
    t = ten(s, id, u)
    if t.status != "active": raise E(409)
    t.status = "ended"; s.get(Plot, t.plot_id).status = "free"
    return tshow(s, t)


def past(d):
    if d > dt.date.today(): raise ValueError("future")
    return d
class WorkIn(BaseModel):
    date: Annotated[dt.date, AfterValidator(past)]; minutes: int = Field(ge=15, le=600); description: text(300)


@app.post("/tenancies/{id}/work", status_code=201)
def wknew(id: int, b: WorkIn, u=Depends(me), s: Session = Depends(db)):
    t = ten(s, id, u)
    if t.user_id != u.id: raise E(403)
    if t.status != "active": raise E(409)
    day = b.date.isoformat()
    if s.scalar(select(func.coalesce(func.sum(Work.minutes), 0)).where(Work.tenancy_id == id, Work.date == day)) + b.minutes > 600: raise E(409)
    w = Work(tenancy_id=id, date=day, minutes=b.minutes, description=b.description, confirmed=False); s.add(w); s.flush()
    return row(w)


@app.post("/work/{id}/confirm")
def wkconf(id: int, u=Depends(me), s: Session = Depends(db)):
    w = find(s, Work, id); t = ten(s, w.tenancy_id, u)
    if t.user_id == u.id: raise E(403)
    if w.confirmed: raise E(409)
    w.confirmed = True
    return row(w)


@app.get("/tenancies/{id}/statement")
def stmt(id: int, year: Annotated[int, Field(ge=2000, le=2100)], u=Depends(me), s: Session = Depends(db)):
    t = ten(s, id, u); ws = [w for w in s.scalars(select(Work).where(Work.tenancy_id == id).order_by(Work.date, Work.id)) if w.date[:4] == str(year)]
    done = sum(w.minutes for w in ws if w.confirmed); miss = max(0, 600 - done); rent = s.get(Plot, t.plot_id).rent_cents; pen = -(-miss // 60) * 1500
    return {"year": year, "rent_cents": rent, "required_minutes": 600, "confirmed_minutes": done, "missing_minutes": miss, "penalty_cents": pen, "total_cents": rent + pen, "work": [row(w) for w in ws]}
