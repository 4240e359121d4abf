from .base import *
import re, datetime as dt
from typing import Annotated, Literal
from email.utils import format_datetime
from xml.sax.saxutils import escape
from fastapi import Response
from pydantic import BaseModel, EmailStr, Field, AfterValidator

app = make_app("Antenna")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True); email = Column(String, unique=True); name = Column(String); pw = Column(String); role = Column(String)
class Used(Base):
    __tablename__ = "used"
    jti = Column(String, primary_key=True)
class Show(Base):
    __tablename__ = "shows"
    id = Column(Integer, primary_key=True); title = Column(String); description = Column(String); owner_id = Column(Integer)
class Host(Base):
    __tablename__ = "hosts"
    n = Column(Integer, primary_key=True); show_id = Column(Integer); user_id = Column(Integer)
class Slot(Base):
    __tablename__ = "slots"
    id = Column(Integer, primary_key=True); show_id = Column(Integer); weekday = Column(Integer); start = Column(String); minutes = Column(Integer)
class Episode(Base):
    __tablename__ = "episodes"
    id = Column(Integer, primary_key=True); show_id = Column(Integer); title = Column(String); air_date = Column(String); notes = Column(String); status = Column(String); tracks = Column(JSON)
class Like(Base):
    __tablename__ = "likes"
    episode_id = Column(Integer, primary_key=True); user_id = Column(Integer, primary_key=True)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), role="admin")); s.commit()


RANK = ["listener", "host", "manager", "admin"]
def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}
def opt(request: Request, s: Session = Depends(db)):
    if "authorization" not in request.headers: return None
    u = s.get(User, int(bearer(request)["sub"]))
    if not u: raise E(401)
    return u
def me(u=Depends(opt)):
    if not u: raise E(401)
    return u
def atleast(u, role): return bool(u) and RANK.index(u.role) >= RANK.index(role)
def find(s, cls, id):
    o = s.get(cls, id)
    if not o: raise E(404)
    return o
def nb(v):
    if not v.strip(): raise ValueError("blank")
    return v
def text(n): return Annotated[str, Field(min_length=1, max_length=n), AfterValidator(nb)]


class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=10, max_length=128); name: str = Field(min_length=1, max_length=60)
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str


@app.post("/auth/register", status_code=201)
def register(b: Reg, s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    u = User(email=b.email.lower(), name=b.name, pw=hash_pw(b.password), role="listener"); s.add(u); s.flush()
    return row(u, "pw")


@app.post("/auth/login")
def login(b: Login, s: Session = Depends(db)):
    u = s.scalar(select(User).where(User.email == b.email.lower()))
    if not u or not check_pw(b.password, u.pw): raise E(401)
    return pair(u.id)


def use(t, s):
    c = claims(t, "refresh")
    if s.get(Used, c["jti"]): raise E(401)
    s.add(Used(jti=c["jti"]))
    return c
@app.post("/auth/refresh")
def refresh(b: Refresh, s: Session = Depends(db)): return pair(use(b.refresh_token, s)["sub"])
@app.post("/auth/logout", status_code=204)
def logout(b: Refresh, s: Session = Depends(db)): use(b.refresh_token, s)
@app.get("/me")
def get_me(u=Depends(me)): return row(u, "pw")


class RoleIn(BaseModel):
    role: Literal["listener", "host", "manager"]
@app.put("/people/{id}/role")
def setrole(id: int, b: RoleIn, u=Depends(me), s: Session = Depends(db)):
    if u.role != "admin": raise E(403)
    x = find(s, User, id)
    if x.role == "admin": raise E(409)
    x.role = b.role
    return row(x, "pw")


class SNew(BaseModel):
    title: text(80); description: Annotated[str, Field(max_length=4000)] = ""
class SEdit(BaseModel):
    title: text(80) = None; description: Annotated[str, Field(max_length=4000)] = None


def team(s, sh): return [h.user_id for h in s.scalars(select(Host).where(Host.show_id == sh.id).order_by(Host.n))]
def inteam(s, sh, u): return atleast(u, "manager") or (atleast(u, "host") and u.id in team(s, sh))
def need_team(s, sh, u):
    if not inteam(s, sh, u): raise E(403)
def lead(sh, u): return atleast(u, "manager") or (atleast(u, "host") and sh.owner_id == u.id)
def sshow(s, sh):
    return row(sh) | {"owner_name": s.get(User, sh.owner_id).name, "hosts": [{"user_id": i, "name": s.get(User, i).name} for i in team(s, sh)]}
def title_free(s, title, but=None):
    for sh in s.scalars(select(Show)).all():
        if sh.title.lower() == title.lower() and sh.id != but: raise E(409)


@app.post("/shows", status_code=201)
def snew(b: SNew, u=Depends(me), s: Session = Depends(db)):
    if not atleast(u, "host"): raise E(403)
    title_free(s, b.title)
    sh = Show(**b.model_dump(), owner_id=u.id); s.add(sh); s.flush(); s.add(Host(show_id=sh.id, user_id=u.id)); s.flush()
    return sshow(s, sh)


@app.get("/shows")
def slist(u=Depends(opt), s: Session = Depends(db)): return [sshow(s, x) for x in sorted(s.scalars(select(Show)).all(), key=lambda x: x.title.lower())]
@app.get("/shows/{id}")
def sget(id: int, u=Depends(opt), s: Session = Depends(db)): return sshow(s, find(s, Show, id))


@app.patch("/shows/{id}")
def sedit(id: int, b: SEdit, u=Depends(me), s: Session = Depends(db)):
    sh = find(s, Show, id); need_team(s, sh, u)
    d = b.model_dump(exclude_unset=True)
    if "title" in d: title_free(s, d["title"], id)
    for k, v in d.items(): setattr(sh, k, v)
    return sshow(s, sh)


class Mail(BaseModel):
    email: str
@app.post("/shows/{id}/hosts", status_code=201)
def hadd(id: int, b: Mail, u=Depends(me), s: Session = Depends(db)):
    sh = find(s, Show, id)
    if not lead(sh, u): raise E(403)
    x = s.scalar(select(User).where(User.email == b.email.lower()))
    if not x: raise E(404)
    if x.id in team(s, sh): raise E(409)
    if x.role == "listener": raise E(422)
    s.add(Host(show_id=id, user_id=x.id))
    return {"user_id": x.id, "name": x.name}


@app.delete("/shows/{id}/hosts/{uid}", status_code=204)
def hdel(id: int, uid: int, u=Depends(me), s: Session = Depends(db)):
    sh = find(s, Show, id)
    if not lead(sh, u) and uid != u.id: raise E(403)
    h = s.scalar(select(Host).where(Host.show_id == id, Host.user_id == uid))
    if not h: raise E(404)
    if uid == sh.owner_id: raise E(409)
    s.delete(h)


def hhmm(v):
    if not re.fullmatch(r"([01][0-9]|2[0-3]):(00|15|30|45)", v): raise ValueError("start")
    return v
def step(v):
    if v % 15: raise ValueError("minutes")
    return v
class SlotIn(BaseModel):
    weekday: int = Field(ge=0, le=6); start: Annotated[str, AfterValidator(hhmm)]; minutes: Annotated[int, Field(ge=15, le=240), AfterValidator(step)]
def slshow(s, x): return row(x) | {"show_title": s.get(Show, x.show_id).title}
WEEK = 7 * 1440
def at(x): return x.weekday * 1440 + int(x.start[:2]) * 60 + int(x.start[3:])


@app.post("/shows/{id}/slots", status_code=201)
def slnew(id: int, b: SlotIn, u=Depends(me), s: Session = Depends(db)):
    if not atleast(u, "manager"): raise E(403)
    find(s, Show, id)
    for x in s.scalars(select(Slot)).all():
        if (at(b) - at(x)) % WEEK < x.minutes or (at(x) - at(b)) % WEEK < b.minutes: raise E(409)
    x = Slot(**b.model_dump(), show_id=id); s.add(x); s.flush()
    return slshow(s, x)


@app.delete("/slots/{id}", status_code=204)
def sldel(id: int, u=Depends(me), s: Session = Depends(db)):
    if not atleast(u, "manager"): raise E(403)
    s.delete(find(s, Slot, id))


@app.get("/schedule")
def schedule(weekday: Annotated[int, Field(ge=0, le=6)] = None, u=Depends(opt), s: Session = Depends(db)):
    return [slshow(s, x) for x in s.scalars(select(Slot).order_by(Slot.weekday, Slot.start)).all() if weekday is None or x.weekday == weekday]


class EIn(BaseModel):
    title: text(120); air_date: dt.date; notes: Annotated[str, Field(max_length=10000)] = ""
class EEdit(BaseModel):
    title: text(120) = None; air_date: dt.date = None; notes: Annotated[str, Field(max_length=10000)] = None


def eshow(s, e):
    return row(e) | {"likes": s.scalar(select(func.count()).select_from(Like).where(Like.episode_id == e.id)), "tracks": [t | {"position": i} for i, t in enumerate(e.tracks, 1)]}
def check_day(s, show_id, day, but=None):
    if not s.scalar(select(Slot.id).where(Slot.show_id == show_id, Slot.weekday == day.weekday()).limit(1)): raise E(422)
    o = s.scalar(select(Episode).where(Episode.show_id == show_id, Episode.air_date == day.isoformat()))
    if o and o.id != but: raise E(409)
def ep(s, id, u, write=False):
    e = find(s, Episode, id); t = inteam(s, s.get(Show, e.show_id), u)
    if e.status == "draft" and not t: raise E(404)
    if write and not t: raise E(403)
    return e


@app.post("/shows/{id}/episodes", status_code=201)
def enew(id: int, b: EIn, u=Depends(me), s: Session = Depends(db)):
    sh = find(s, Show, id); need_team(s, sh, u); check_day(s, id, b.air_date)
    e = Episode(show_id=id, title=b.title, notes=b.notes, air_date=b.air_date.isoformat(), status="draft", tracks=[]); s.add(e); s.flush()
    return eshow(s, e)


Lim = Annotated[int, Field(ge=1, le=100)]
Off = Annotated[int, Field(ge=0)]
@app.get("/shows/{id}/episodes")
def elist(id: int, limit: Lim = 20, offset: Off = 0, u=Depends(opt), s: Session = Depends(db)):
    sh = find(s, Show, id); t = inteam(s, sh, u)
    es = [e for e in s.scalars(select(Episode).where(Episode.show_id == id).order_by(Episode.air_date.desc())).all() if t or e.status == "published"]
    return {"items": [eshow(s, e) for e in es[offset:offset + limit]], "total": len(es)}


@app.get("/episodes/{id}")
def eget(id: int, u=Depends(opt), s: Session = Depends(db)): return eshow(s, ep(s, id, u))


@app.patch("/episodes/{id}")
def eedit(id: int, b: EEdit, u=Depends(me), s: Session = Depends(db)):
    e = ep(s, id, u, True); d = b.model_dump(exclude_unset=True)
    if "air_date" in d:
        if d["air_date"].isoformat() != e.air_date:
            if e.status == "published": raise E(409)
            check_day(s, e.show_id, d["air_date"], id)
        d["air_date"] = d["air_date"].isoformat()
    for k, v in d.items(): setattr(e, k, v)
    return eshow(s, e)


@app.post("/episodes/{id}/publish")
def epub(id: int, u=Depends(me), s: Session = Depends(db)):
    e = ep(s, id, u, True)
    if e.status == "published": raise E(409)
    e.status = "published"
    return eshow(s, e)


@app.delete("/episodes/{id}", status_code=204)
def edel(id: int, u=Depends(me), s: Session = Depends(db)):
    e = ep(s, id, u, True)
    if e.status == "published" and not atleast(u, "manager"): raise E(409)
    s.delete(e)


class Track(BaseModel):
    artist: text(200); title: text(200); seconds: int = Field(ge=1, le=7200)
class Tracks(BaseModel):
    tracks: list[Track] = Field(max_length=100)
@app.put("/episodes/{id}/tracks")
def tput(id: int, b: Tracks, u=Depends(me), s: Session = Depends(db)):
    e = ep(s, id, u, True); e.tracks = [t.model_dump() for t in b.tracks]
    return eshow(s, e)


@app.get("/tracks")
def tsearch(q: Annotated[str, Field(min_length=2)], limit: Lim = 20, offset: Off = 0, u=Depends(opt), s: Session = Depends(db)):
    hits = [{"artist": t["artist"], "title": t["title"], "episode_id": e.id, "show_title": s.get(Show, e.show_id).title, "air_date": e.air_date}
            for e in s.scalars(select(Episode).where(Episode.status == "published").order_by(Episode.air_date.desc(), Episode.id)).all() for t in e.tracks if q.lower() in t["artist"].lower() or q.lower() in t["title"].lower()]
    return {"items": hits[offset:offset + limit], "total": len(hits)}


@app.put("/episodes/{id}/like", status_code=204)
def like(id: int, u=Depends(me), s: Session = Depends(db)):
    e = ep(s, id, u)
    if not s.get(Like, (id, u.id)): s.add(Like(episode_id=id, user_id=u.id))
@app.delete("/episodes/{id}/like", status_code=204)
def unlike(id: int, u=Depends(me), s: Session = Depends(db)):
    ep(s, id, u); x = s.get(Like, (id, u.id))
    if x: s.delete(x)


def x(t): return escape(re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", t)).replace("\r", "&#13;")
@app.get("/shows/{id}/feed.xml")
def feed(id: int, u=Depends(opt), s: Session = Depends(db)):
    sh = find(s, Show, id)
    its = "".join(f"<item><title>{x(e.title)}</title><description>{x(e.notes)}</description><guid isPermaLink=\"false\">{e.id}</guid><pubDate>{format_datetime(dt.datetime.fromisoformat(e.air_date).replace(tzinfo=dt.timezone.utc))}</pubDate></item>"
                  for e in s.scalars(select(Episode).where(Episode.show_id == id, Episode.status == "published").order_by(Episode.air_date.desc())))
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{x(sh.title)}</title><link>http://localhost/</link><description>{x(sh.description)}</description>{its}</channel></rss>', media_type="application/rss+xml")
