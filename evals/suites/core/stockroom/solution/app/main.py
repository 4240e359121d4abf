from .base import *
import csv, io, re
from typing import Annotated, Literal
from datetime import datetime, timezone
from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, EmailStr, Field, field_validator

app = make_app("Stockroom")
api = APIRouter(prefix="/api/v1")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True); full_name = Column(String); pw = Column(String); role = Column(String); active = Column(Boolean, default=True)


class Product(Base):
    __tablename__ = "products"
    id = Column(Integer, primary_key=True); sku = Column(String, unique=True); name = Column(String); min_stock = Column(Integer)


class Location(Base):
    __tablename__ = "locations"
    id = Column(Integer, primary_key=True); code = Column(String, unique=True); name = Column(String)


class Movement(Base):
    __tablename__ = "movements"
    id = Column(Integer, primary_key=True); product_id = Column(Integer); kind = Column(String); quantity = Column(Integer)
    from_location_id = Column(Integer); to_location_id = Column(Integer); reference = Column(String); user_id = Column(Integer)
    reverses_id = Column(Integer); created_at = Column(String); key = Column(String); fp = Column(String)


class Reservation(Base):
    __tablename__ = "reservations"
    id = Column(Integer, primary_key=True); product_id = Column(Integer); location_id = Column(Integer); quantity = Column(Integer)
    customer_ref = Column(String); user_id = Column(Integer); status = Column(String)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, full_name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), role="admin", active=True)); s.commit()


def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}
RANK = ["viewer", "clerk", "manager", "admin"]
def need(role):
    def dep(c=Depends(bearer), s: Session = Depends(db)):
        u = s.get(User, int(c["sub"]))
        if not u or not u.active: raise E(401)
        if RANK.index(u.role) < RANK.index(role): raise E(403)
        return u
    return Depends(dep)
def find(s, cls, id):
    o = s.get(cls, id)
    if not o: raise E(404)
    return o


Role = Literal["viewer", "clerk", "manager", "admin"]
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str
class UserNew(BaseModel):
    email: EmailStr; password: str = Field(min_length=12, max_length=200); full_name: str = Field(min_length=1, max_length=80); role: Role
class UserEdit(BaseModel):
    role: Role = None; active: bool = None


@api.post("/auth/login")
def login(b: Login, s: Session = Depends(db)):
    u = s.scalar(select(User).where(User.email == b.email.lower()))
    if not u or not u.active or not check_pw(b.password, u.pw): raise E(401)
    return pair(u.id)


@api.post("/auth/refresh")
def refresh(b: Refresh, s: Session = Depends(db)):
    u = s.get(User, int(claims(b.refresh_token, "refresh")["sub"]))
    if not u or not u.active: raise E(401)
    return pair(u.id)


@api.get("/users/me")
def me(u=need("viewer")): return row(u, "pw")
@api.get("/users")
def users(u=need("admin"), s: Session = Depends(db)): return [row(x, "pw") for x in s.scalars(select(User))]


@api.post("/users", status_code=201)
def unew(b: UserNew, u=need("admin"), s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    x = User(email=b.email.lower(), full_name=b.full_name, pw=hash_pw(b.password), role=b.role, active=True); s.add(x); s.flush()
    return row(x, "pw")


@api.patch("/users/{id}")
def uedit(id: int, b: UserEdit, u=need("admin"), s: Session = Depends(db)):
    x = find(s, User, id)
    if x.id == u.id: raise E(409)
    for k, v in b.model_dump(exclude_unset=True).items(): setattr(x, k, v)
    return row(x, "pw")


Name = Annotated[str, Field(min_length=1, max_length=120)]
Min = Annotated[int, Field(ge=0, le=1000000)]
class PNew(BaseModel):
    sku: str; name: Name; min_stock: Min = 0
    @field_validator("sku")
    @classmethod
    def _s(cls, v):
        if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{1,31}", v): raise ValueError("sku")
        return v
class PEdit(BaseModel):
    name: Name = None; min_stock: Min = None


def onhand(s, pid, lid=None):
    a = select(func.coalesce(func.sum(Movement.quantity), 0)).where(Movement.product_id == pid)
    if lid is None: return s.scalar(a.where(Movement.to_location_id != None)) - s.scalar(a.where(Movement.from_location_id != None))
    return s.scalar(a.where(Movement.to_location_id == lid)) - s.scalar(a.where(Movement.from_location_id == lid))
def reserved(s, pid, lid=None):
    q = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(Reservation.product_id == pid, Reservation.status == "active")
    return s.scalar(q if lid is None else q.where(Reservation.location_id == lid))
def avail(s, pid, lid): return onhand(s, pid, lid) - reserved(s, pid, lid)
def pshow(s, p):
    o, r = onhand(s, p.id), reserved(s, p.id)
    return row(p) | {"on_hand": o, "reserved": r, "available": o - r}


@api.post("/products", status_code=201)
def pnew(b: PNew, u=need("manager"), s: Session = Depends(db)):
    if s.scalar(select(Product).where(Product.sku == b.sku)): raise E(409)
    p = Product(**b.model_dump()); s.add(p); s.flush()
    return pshow(s, p)


@api.get("/products")
def plist(q: str = None, low_stock: bool = None, page: Annotated[int, Field(ge=1, le=1000000)] = 1, size: Annotated[int, Field(ge=1, le=100)] = 25, u=need("viewer"), s: Session = Depends(db)):
    all_ = [p for p in s.scalars(select(Product).order_by(Product.sku)) if not q or q.lower() in p.sku.lower() or q.lower() in p.name.lower()]
    if low_stock: all_ = [p for p in all_ if onhand(s, p.id) < p.min_stock]
    return {"items": [pshow(s, p) for p in all_[(page - 1) * size:page * size]], "total": len(all_), "page": page, "size": size}


@api.get("/products/{id}")
def pget(id: int, u=need("viewer"), s: Session = Depends(db)): return pshow(s, find(s, Product, id))


@api.patch("/products/{id}")
def pedit(id: int, b: PEdit, u=need("manager"), s: Session = Depends(db)):
    p = find(s, Product, id)
    for k, v in b.model_dump(exclude_unset=True).items(): setattr(p, k, v)
    return pshow(s, p)


class LNew(BaseModel):
    code: str = Field(min_length=1, max_length=20); name: str = Field("", max_length=80)


@api.post("/locations", status_code=201)
def lnew(b: LNew, u=need("manager"), s: Session = Depends(db)):
    if s.scalar(select(Location).where(Location.code == b.code)): raise E(409)
    l = Location(**b.model_dump()); s.add(l); s.flush()
    return row(l)


@api.get("/locations")
def llist(u=need("viewer"), s: Session = Depends(db)): return [row(l) for l in s.scalars(select(Location).order_by(Location.code))]


Qty = Annotated[int, Field(ge=1, le=1000000)]
Id = Annotated[int, Field(ge=1)]
class MNew(BaseModel):
    product_id: Id; kind: Literal["receipt", "issue", "transfer"]; quantity: Qty
    from_location_id: Id | None = None; to_location_id: Id | None = None; reference: str = Field("", max_length=100)


def book(s, u, key=None, fp=None, reverses_id=None, **d):
    if d["from_location_id"] is not None and avail(s, d["product_id"], d["from_location_id"]) < d["quantity"]: raise E(409)
    m = Movement(**d, key=key, fp=fp, reverses_id=reverses_id, user_id=u.id, created_at=datetime.now(timezone.utc).isoformat()); s.add(m); s.flush()
    return m


def mshow(m): return row(m, "key", "fp")


@api.post("/movements", status_code=201)
def mnew(b: MNew, response: Response, idempotency_key: Annotated[str | None, Header(min_length=1, max_length=80)] = None, u=need("clerk"), s: Session = Depends(db)):
    fp = b.model_dump_json()
    if idempotency_key:
        o = s.scalar(select(Movement).where(Movement.user_id == u.id, Movement.key == idempotency_key))
        if o:
            if o.fp != fp: raise E(409)
            response.status_code = 200
            return mshow(o)
    f, t = b.from_location_id, b.to_location_id
    if not {"receipt": f is None and t is not None, "issue": f is not None and t is None, "transfer": None not in (f, t) and f != t}[b.kind]: raise E(422)
    find(s, Product, b.product_id)
    for l in (f, t):
        if l is not None: find(s, Location, l)
    return mshow(book(s, u, idempotency_key, fp, **b.model_dump()))


@api.get("/movements")
def mlist(product_id: Id = None, location_id: Id = None, u=need("viewer"), s: Session = Depends(db)):
    q = select(Movement).order_by(Movement.id.desc())
    if product_id: q = q.where(Movement.product_id == product_id)
    if location_id: q = q.where(or_(Movement.from_location_id == location_id, Movement.to_location_id == location_id))
    return [mshow(m) for m in s.scalars(q)]


@api.post("/movements/{id}/reverse", status_code=201)
def mrev(id: int, u=need("manager"), s: Session = Depends(db)):
    m = find(s, Movement, id)
    if m.reverses_id or s.scalar(select(Movement).where(Movement.reverses_id == id)): raise E(409)
    kind = {"receipt": "issue", "issue": "receipt", "transfer": "transfer"}[m.kind]
    return mshow(book(s, u, reverses_id=id, product_id=m.product_id, kind=kind, quantity=m.quantity, from_location_id=m.to_location_id, to_location_id=m.from_location_id, reference=m.reference))


@api.get("/stock")
def stock(product_id: Id, u=need("viewer"), s: Session = Depends(db)):
    find(s, Product, product_id)
    out = []
    for l in s.scalars(select(Location).order_by(Location.code)).all():
        o, r = onhand(s, product_id, l.id), reserved(s, product_id, l.id)
        if o or r: out.append({"location_id": l.id, "location_code": l.code, "on_hand": o, "reserved": r, "available": o - r})
    return out


@api.get("/stock.csv")
def stock_csv(u=need("viewer"), s: Session = Depends(db)):
    o = io.StringIO(); w = csv.writer(o); w.writerow(["sku", "name", "on_hand", "reserved"])
    for p in s.scalars(select(Product).order_by(Product.sku)).all():
        w.writerow([p.sku, "'" + p.name if p.name[0] in "=+-@" else p.name, onhand(s, p.id), reserved(s, p.id)])
    return Response(o.getvalue(), media_type="text/csv")


class ResNew(BaseModel):
    product_id: Id; location_id: Id; quantity: Qty; customer_ref: str = Field("", max_length=100)


@api.post("/reservations", status_code=201)
def resnew(b: ResNew, u=need("clerk"), s: Session = Depends(db)):
    find(s, Product, b.product_id); find(s, Location, b.location_id)
    if avail(s, b.product_id, b.location_id) < b.quantity: raise E(409)
    r = Reservation(**b.model_dump(), user_id=u.id, status="active"); s.add(r); s.flush()
    return row(r)


@api.get("/reservations")
def reslist(status: Literal["active", "released", "fulfilled"] = None, product_id: Id = None, u=need("clerk"), s: Session = Depends(db)):
    q = select(Reservation).order_by(Reservation.id)
    if u.role == "clerk": q = q.where(Reservation.user_id == u.id)
    if status: q = q.where(Reservation.status == status)
    if product_id: q = q.where(Reservation.product_id == product_id)
    return [row(r) for r in s.scalars(q)]


@api.post("/reservations/{id}/{what}")
def resdo(id: int, what: Literal["release", "fulfil"], u=need("clerk"), s: Session = Depends(db)):
    r = find(s, Reservation, id)
    if u.role == "clerk" and r.user_id != u.id: raise E(404)
    if r.status != "active": raise E(409)
    r.status = "released" if what == "release" else "fulfilled"
    s.flush()
    if what == "fulfil": book(s, u, product_id=r.product_id, kind="issue", quantity=r.quantity, from_location_id=r.location_id, to_location_id=None, reference=r.customer_ref)
    return row(r)


app.include_router(api)
