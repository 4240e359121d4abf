from .base import *
import re
from typing import Annotated, Literal
from fastapi import Response
from pydantic import BaseModel, EmailStr, Field, AfterValidator

app = make_app("Podium")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True); email = Column(String, unique=True); name = Column(String); pw = Column(String); is_admin = Column(Boolean)
class Used(Base):
    __tablename__ = "used"
    jti = Column(String, primary_key=True)
class Conf(Base):
    __tablename__ = "confs"
    id = Column(Integer, primary_key=True); name = Column(String); slug = Column(String, unique=True); reviews_per_paper = Column(Integer); phase = Column(String)
class Role(Base):
    __tablename__ = "roles"
    conf_id = Column(Integer, primary_key=True); user_id = Column(Integer, primary_key=True); role = Column(String, primary_key=True)
class Paper(Base):
    __tablename__ = "papers"
    id = Column(Integer, primary_key=True); conf_id = Column(Integer); title = Column(String); abstract = Column(String); keywords = Column(JSON); coauthor_emails = Column(JSON)
    submitter_id = Column(Integer); status = Column(String); decision = Column(String)
class Assign(Base):
    __tablename__ = "assigns"
    paper_id = Column(Integer, primary_key=True); reviewer_id = Column(Integer, primary_key=True)
class Review(Base):
    __tablename__ = "reviews"
    id = Column(Integer, primary_key=True); paper_id = Column(Integer); reviewer_id = Column(Integer); score = Column(Integer); text = Column(String); note_to_chairs = Column(String)


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
def nb(v):
    if not v.strip(): raise ValueError("blank")
    return v
def text(n): return Annotated[str, Field(min_length=1, max_length=n), AfterValidator(nb)]


class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=10, max_length=200); name: text(80)
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
def refresh(b: Refresh, s: Session = Depends(db)):
    c = claims(b.refresh_token, "refresh")
    if s.get(Used, c["jti"]): raise E(401)
    s.add(Used(jti=c["jti"]))
    return pair(c["sub"])


@app.get("/me")
def get_me(u=Depends(me)): return row(u, "pw")


def slug_ok(v):
    if not re.fullmatch(r"[a-z][a-z0-9-]{2,39}", v): raise ValueError("slug")
    return v
class CNew(BaseModel):
    name: text(120); slug: Annotated[str, AfterValidator(slug_ok)]; reviews_per_paper: int = Field(ge=1, le=5)
class Mail(BaseModel):
    email: EmailStr


def conf(s, slug):
    c = s.scalar(select(Conf).where(Conf.slug == slug))
    if not c: raise E(404)
    return c
def has(s, c, u, role): return s.get(Role, (c.id, u.id, role)) is not None
def chair(s, slug, u):
    c = conf(s, slug)
    if not has(s, c, u, "chair"): raise E(403)
    return c
def give(s, c, email, role):
    x = s.scalar(select(User).where(User.email == email.lower()))
    if not x: raise E(404)
    if has(s, c, x, role): raise E(409)
    s.add(Role(conf_id=c.id, user_id=x.id, role=role))
    return {"user_id": x.id, "name": x.name}


@app.post("/conferences", status_code=201)
def cnew(b: CNew, u=Depends(me), s: Session = Depends(db)):
    if not u.is_admin: raise E(403)
    if s.scalar(select(Conf).where(Conf.slug == b.slug)): raise E(409)
    c = Conf(**b.model_dump(), phase="submission"); s.add(c); s.flush()
    return row(c)


@app.get("/conferences")
def clist(s: Session = Depends(db)): return [row(c) for c in s.scalars(select(Conf))]
@app.get("/conferences/{slug}")
def cget(slug: str, s: Session = Depends(db)): return row(conf(s, slug))


@app.post("/conferences/{slug}/chairs", status_code=201)
def addchair(slug: str, b: Mail, u=Depends(me), s: Session = Depends(db)):
    if not u.is_admin: raise E(403)
    return give(s, conf(s, slug), b.email, "chair")


@app.post("/conferences/{slug}/reviewers", status_code=201)
def addrev(slug: str, b: Mail, u=Depends(me), s: Session = Depends(db)): return give(s, chair(s, slug, u), b.email, "reviewer")


@app.get("/conferences/{slug}/reviewers")
def revs(slug: str, u=Depends(me), s: Session = Depends(db)):
    c = chair(s, slug, u)
    return [{"user_id": x.id, "name": x.name} for x in s.scalars(select(User).join(Role, Role.user_id == User.id).where(Role.conf_id == c.id, Role.role == "reviewer"))]


PH = ["submission", "review", "decision", "published"]
class Ph(BaseModel):
    phase: Literal["submission", "review", "decision", "published"]


def reviewed(s, p): return s.scalar(select(Review.id).where(Review.paper_id == p.id).limit(1)) is not None


@app.post("/conferences/{slug}/phase")
def setphase(slug: str, b: Ph, u=Depends(me), s: Session = Depends(db)):
    c = chair(s, slug, u)
    if PH.index(b.phase) != PH.index(c.phase) + 1: raise E(409)
    if b.phase == "published":
        for p in s.scalars(select(Paper).where(Paper.conf_id == c.id, Paper.status != "withdrawn", Paper.decision == None)).all():
            if reviewed(s, p): raise E(409)
    c.phase = b.phase
    return row(c)


Kw = Annotated[list[Annotated[str, Field(min_length=1, max_length=30)]], Field(max_length=8)]
Co = Annotated[list[EmailStr], Field(max_length=10)]
class PNew(BaseModel):
    title: text(200); abstract: text(5000); keywords: Kw = []; coauthor_emails: Co = []
class PEdit(BaseModel):
    title: text(200) = None; abstract: text(5000) = None; keywords: Kw = None; coauthor_emails: Co = None


def part(s, p, c, u):
    if p.submitter_id == u.id: return "submitter"
    if u.email in [e.lower() for e in p.coauthor_emails]: return "author"
    if has(s, c, u, "chair"): return "chair"
    if s.get(Assign, (p.id, u.id)): return "reviewer"
def show(s, p, c, as_):
    d = row(p, "conf_id") | {"conference_slug": c.slug, "submitter_name": s.get(User, p.submitter_id).name}
    if as_ == "reviewer":
        for k in ("submitter_id", "submitter_name", "coauthor_emails"): del d[k]
    if as_ != "chair" and c.phase != "published": d["decision"] = None
    return d
def paper(s, id, u, *allowed):
    p = s.get(Paper, id)
    if not p: raise E(404)
    c = s.get(Conf, p.conf_id)
    as_ = part(s, p, c, u)
    if not as_: raise E(404)
    if allowed and as_ not in allowed: raise E(403)
    return p, c, as_


@app.post("/conferences/{slug}/papers", status_code=201)
def pnew(slug: str, b: PNew, u=Depends(me), s: Session = Depends(db)):
    c = conf(s, slug)
    if c.phase != "submission": raise E(409)
    p = Paper(**b.model_dump(), conf_id=c.id, submitter_id=u.id, status="submitted"); s.add(p); s.flush()
    return show(s, p, c, "submitter")


@app.get("/conferences/{slug}/papers")
def plist(slug: str, u=Depends(me), s: Session = Depends(db)):
    c = conf(s, slug)
    return [show(s, p, c, a) for p in s.scalars(select(Paper).where(Paper.conf_id == c.id).order_by(Paper.id)).all() if (a := part(s, p, c, u))]


@app.get("/papers/{id}")
def pget(id: int, u=Depends(me), s: Session = Depends(db)): return show(s, *paper(s, id, u))


@app.patch("/papers/{id}")
def pedit(id: int, b: PEdit, u=Depends(me), s: Session = Depends(db)):
    p, c, a = paper(s, id, u, "submitter")
    if c.phase != "submission" or p.status == "withdrawn": raise E(409)
    for k, v in b.model_dump(exclude_unset=True).items(): setattr(p, k, v)
    return show(s, p, c, a)


@app.post("/papers/{id}/withdraw")
def pwith(id: int, u=Depends(me), s: Session = Depends(db)):
    p, c, a = paper(s, id, u, "submitter")
    if c.phase == "published" or p.status == "withdrawn": raise E(409)
    p.status = "withdrawn"
    return show(s, p, c, a)


class ANew(BaseModel):
    reviewer_id: int


@app.post("/papers/{id}/assignments", status_code=201)
def anew(id: int, b: ANew, u=Depends(me), s: Session = Depends(db)):
    p, c, a = paper(s, id, u, "chair")
    x = s.get(User, b.reviewer_id)
    if not x or not has(s, c, x, "reviewer"): raise E(422)
    if part(s, p, c, x) in ("submitter", "author") or s.get(Assign, (id, x.id)) or p.status == "withdrawn" or c.phase in ("decision", "published"): raise E(409)
    if s.scalar(select(func.count()).select_from(Assign).where(Assign.paper_id == id)) >= c.reviews_per_paper: raise E(409)
    s.add(Assign(paper_id=id, reviewer_id=x.id))
    return {"paper_id": id, "reviewer_id": x.id}


@app.delete("/papers/{id}/assignments/{rid}", status_code=204)
def adel(id: int, rid: int, u=Depends(me), s: Session = Depends(db)):
    paper(s, id, u, "chair")
    x = s.get(Assign, (id, rid))
    if not x: raise E(404)
    if s.scalar(select(Review).where(Review.paper_id == id, Review.reviewer_id == rid)): raise E(409)
    s.delete(x)


class RIn(BaseModel):
    score: int = Field(ge=-3, le=3); text: text(5000); note_to_chairs: Annotated[str, Field(max_length=2000)] | None = None


@app.put("/papers/{id}/review")
def rput(id: int, b: RIn, response: Response, u=Depends(me), s: Session = Depends(db)):
    p, c, a = paper(s, id, u)
    if not s.get(Assign, (id, u.id)): raise E(403)
    if c.phase != "review" or p.status == "withdrawn": raise E(409)
    r = s.scalar(select(Review).where(Review.paper_id == id, Review.reviewer_id == u.id))
    if not r:
        r = Review(paper_id=id, reviewer_id=u.id); s.add(r); response.status_code = 201
    for k, v in b.model_dump().items(): setattr(r, k, v)
    s.flush()
    return row(r)


@app.get("/papers/{id}/reviews")
def rlist(id: int, u=Depends(me), s: Session = Depends(db)):
    p, c, a = paper(s, id, u)
    rs = s.scalars(select(Review).where(Review.paper_id == id).order_by(Review.id)).all()
    if a == "chair": return [row(r) for r in rs]
    if a == "reviewer":
        if not any(r.reviewer_id == u.id for r in rs): raise E(403)
        return [row(r) if r.reviewer_id == u.id else row(r, "reviewer_id", "note_to_chairs") for r in rs]
    if c.phase != "published": raise E(403)
    return [row(r, "reviewer_id", "note_to_chairs") for r in rs]


class DIn(BaseModel):
    decision: Literal["accept", "reject"]


@app.post("/papers/{id}/decision")
def dec(id: int, b: DIn, u=Depends(me), s: Session = Depends(db)):
    p, c, a = paper(s, id, u, "chair")
    if c.phase != "decision" or p.status == "withdrawn" or not reviewed(s, p): raise E(409)
    p.decision = b.decision
    return show(s, p, c, a)


@app.get("/conferences/{slug}/programme")
def prog(slug: str, s: Session = Depends(db)):
    c = conf(s, slug)
    if c.phase != "published": raise E(404)
    out = []
    for p in s.scalars(select(Paper).where(Paper.conf_id == c.id, Paper.decision == "accept", Paper.status != "withdrawn").order_by(Paper.title)).all():
        co = [s.scalar(select(User).where(User.email == e.lower())) for e in p.coauthor_emails]
        out.append({"title": p.title, "abstract": p.abstract, "keywords": p.keywords, "authors": [s.get(User, p.submitter_id).name] + [x.name for x in co if x and x.id != p.submitter_id]})
    return out
