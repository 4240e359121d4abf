from .base import *
from typing import Annotated, Literal
from datetime import datetime, timezone
from pydantic import BaseModel, EmailStr, Field, StringConstraints

app = make_app("Gavel")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True); email = Column(String, unique=True); name = Column(String); pw = Column(String); role = Column(String)


class Lot(Base):
    __tablename__ = "lots"
    id = Column(Integer, primary_key=True); seller_id = Column(Integer); title = Column(String); description = Column(String)
    starting_price_cents = Column(Integer); step_cents = Column(Integer); reserve_price_cents = Column(Integer)
    status = Column(String, default="draft"); winner_id = Column(Integer); paid = Column(Boolean, default=False)


class Bid(Base):
    __tablename__ = "bids"
    id = Column(Integer, primary_key=True); lot_id = Column(Integer); bidder_id = Column(Integer); amount_cents = Column(Integer); created_at = Column(String)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), role="admin")); s.commit()


def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}


def opt(request: Request, s: Session = Depends(db)):
    if "authorization" not in request.headers: return None
    u = s.get(User, int(bearer(request)["sub"]))
    if not u: raise E(401)
    return u
def me(u=Depends(opt)):
    if not u: raise E(401)
    return u
def org(u): return bool(u) and u.role in ("organiser", "admin")
def organiser(u=Depends(me)):
    if not org(u): raise E(403)
    return u
def adm(u=Depends(me)):
    if u.role != "admin": raise E(403)
    return u


class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=8, max_length=100); name: str = Field(min_length=1, max_length=50)
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str


@app.post("/auth/register", status_code=201)
def register(b: Reg, s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    u = User(email=b.email.lower(), name=b.name, pw=hash_pw(b.password), role="member"); s.add(u); s.flush()
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
@app.get("/users")
def users(u=Depends(adm), s: Session = Depends(db)): return [row(x, "pw") for x in s.scalars(select(User))]


class RoleIn(BaseModel):
    role: Literal["organiser", "member"]


@app.put("/users/{id}/role")
def setrole(id: int, b: RoleIn, u=Depends(adm), s: Session = Depends(db)):
    x = s.get(User, id)
    if not x: raise E(404)
    if x.role == "admin": raise E(409)
    x.role = b.role
    return row(x, "pw")


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Desc = Annotated[str, Field(max_length=2000)]
Price = Annotated[int, Field(ge=1, le=10_000_000)]
Step = Annotated[int, Field(ge=1, le=1_000_000)]
class LNew(BaseModel):
    title: Title; description: Desc | None = None; starting_price_cents: Price; step_cents: Step; reserve_price_cents: Price | None = None
class LEdit(BaseModel):
    title: Title = None; description: Desc | None = None; starting_price_cents: Price = None; step_cents: Step = None; reserve_price_cents: Price | None = None


def top(s, id): return s.scalar(select(Bid).where(Bid.lot_id == id).order_by(Bid.amount_cents.desc()).limit(1))
def sees(l, u): return l.status not in ("draft", "withdrawn") or (u and (l.seller_id == u.id or org(u)))
def lot(s, id, u):
    l = s.get(Lot, id)
    if not l or not sees(l, u): raise E(404)
    return l
def show(s, l, u):
    t = top(s, l.id)
    d = row(l) | {"seller_name": s.get(User, l.seller_id).name, "bid_count": s.scalar(select(func.count()).select_from(Bid).where(Bid.lot_id == l.id)),
                  "current_price_cents": t and t.amount_cents, "reserve_met": bool(t and t.amount_cents >= (l.reserve_price_cents or 0))}
    inside = org(u) or (u and u.id == l.seller_id)
    if not inside: d["reserve_price_cents"] = None
    if not inside and not (u and u.id == l.winner_id): d["winner_id"] = None
    return d


@app.post("/lots", status_code=201)
def lnew(b: LNew, u=Depends(me), s: Session = Depends(db)):
    if b.reserve_price_cents is not None and b.reserve_price_cents < b.starting_price_cents: raise E(422)
    l = Lot(**b.model_dump(), seller_id=u.id, status="draft", paid=False); s.add(l); s.flush()
    return show(s, l, u)


@app.get("/lots")
def llist(status: Literal["draft", "live", "sold", "unsold", "withdrawn"] = None, q: str = None, seller_id: int = None, sort: Literal["newest", "price_asc", "price_desc"] = "newest",
          limit: Annotated[int, Field(ge=1, le=50)] = 20, offset: Annotated[int, Field(ge=0)] = 0, u=Depends(opt), s: Session = Depends(db)):
    ls = [l for l in s.scalars(select(Lot).order_by(Lot.id.desc())) if sees(l, u) and (not status or l.status == status) and (not q or q.lower() in l.title.lower()) and (seller_id is None or l.seller_id == seller_id)]
    if sort != "newest":
        def price(l):
            t = top(s, l.id)
            return (t.amount_cents if t else l.starting_price_cents) * (1 if sort == "price_asc" else -1)
        ls.sort(key=price)
    return {"items": [show(s, l, u) for l in ls[offset:offset + limit]], "total": len(ls)}


@app.get("/lots/{id}")
def lget(id: int, u=Depends(opt), s: Session = Depends(db)): return show(s, lot(s, id, u), u)


@app.patch("/lots/{id}")
def ledit(id: int, b: LEdit, u=Depends(me), s: Session = Depends(db)):
    l = lot(s, id, u)
    if l.seller_id != u.id: raise E(403)
    if l.status != "draft": raise E(409)
    for k, v in b.model_dump(exclude_unset=True).items(): setattr(l, k, v)
    if l.reserve_price_cents is not None and l.reserve_price_cents < l.starting_price_cents: raise E(422)
    return show(s, l, u)


@app.post("/lots/{id}/open")
def lopen(id: int, u=Depends(me), s: Session = Depends(db)):
    l = lot(s, id, u)
    if not org(u) or l.seller_id == u.id: raise E(403)
    if l.status != "draft": raise E(409)
    l.status = "live"
    return show(s, l, u)


@app.post("/lots/{id}/close")
def lclose(id: int, u=Depends(me), s: Session = Depends(db)):
    l = lot(s, id, u)
    if not org(u) or l.seller_id == u.id: raise E(403)
    if l.status != "live": raise E(409)
    t = top(s, id)
    if t and t.amount_cents >= (l.reserve_price_cents or 0): l.status, l.winner_id = "sold", t.bidder_id
    else: l.status = "unsold"
    return show(s, l, u)


@app.post("/lots/{id}/withdraw")
def lwith(id: int, u=Depends(me), s: Session = Depends(db)):
    l = lot(s, id, u)
    if not org(u) and l.seller_id != u.id: raise E(403)
    if l.status not in ("draft", "live") or (not org(u) and top(s, id)): raise E(409)
    l.status = "withdrawn"
    return show(s, l, u)


@app.post("/lots/{id}/paid")
def lpaid(id: int, u=Depends(organiser), s: Session = Depends(db)):
    l = lot(s, id, u)
    if l.status != "sold" or l.paid: raise E(409)
    l.paid = True
    return show(s, l, u)


class BNew(BaseModel):
    amount_cents: int = Field(le=100_000_000)


def bshow(s, bids, u):
    out = []
    for b in bids:
        order = list(dict.fromkeys(s.scalars(select(Bid.bidder_id).where(Bid.lot_id == b.lot_id).order_by(Bid.id))))
        d = row(b) | {"bidder": f"Bidder {order.index(b.bidder_id) + 1}", "mine": bool(u and u.id == b.bidder_id)}
        if not org(u): del d["bidder_id"]
        out.append(d)
    return out


@app.post("/lots/{id}/bids", status_code=201)
def bnew(id: int, b: BNew, u=Depends(me), s: Session = Depends(db)):
    l = lot(s, id, u)
    if l.seller_id == u.id: raise E(403)
    if l.status != "live": raise E(409)
    t = top(s, id)
    if t and t.bidder_id == u.id: raise E(409)
    if b.amount_cents < (t.amount_cents + l.step_cents if t else l.starting_price_cents): raise E(409)
    x = Bid(lot_id=id, bidder_id=u.id, amount_cents=b.amount_cents, created_at=datetime.now(timezone.utc).isoformat()); s.add(x); s.flush()
    return bshow(s, [x], u)[0]


@app.get("/lots/{id}/bids")
def blist(id: int, u=Depends(opt), s: Session = Depends(db)):
    lot(s, id, u)
    return bshow(s, s.scalars(select(Bid).where(Bid.lot_id == id).order_by(Bid.amount_cents.desc())).all(), u)


@app.get("/me/bids")
def mybids(u=Depends(me), s: Session = Depends(db)): return bshow(s, s.scalars(select(Bid).where(Bid.bidder_id == u.id).order_by(Bid.id.desc())).all(), u)
@app.get("/me/purchases")
def mybuys(u=Depends(me), s: Session = Depends(db)): return [show(s, l, u) for l in s.scalars(select(Lot).where(Lot.winner_id == u.id)).all()]


@app.get("/report")
def report(u=Depends(organiser), s: Session = Depends(db)):
    sold = [(l, top(s, l.id).amount_cents) for l in s.scalars(select(Lot).where(Lot.status == "sold")).all()]
    by = {}
    for l, a in sold:
        d = by.setdefault(l.seller_id, {"seller_id": l.seller_id, "seller_name": s.get(User, l.seller_id).name, "lots": 0, "total_cents": 0})
        d["lots"] += 1; d["total_cents"] += a
    return {"lots_sold": len(sold), "lots_unsold": s.scalar(select(func.count()).select_from(Lot).where(Lot.status == "unsold")), "total_cents": sum(a for _, a in sold),
            "paid_cents": sum(a for l, a in sold if l.paid), "sellers": list(by.values())}
