from .base import *
import re
from typing import Annotated, Literal
from datetime import date, datetime, timezone, timedelta
from pydantic import BaseModel, EmailStr, Field, StringConstraints, AwareDatetime, field_validator

app = make_app("Pendel")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True); display_name = Column(String); pw = Column(String); phone = Column(String)
    role = Column(String, default="member"); suspended = Column(Boolean, default=False)


class Used(Base):
    __tablename__ = "used"
    jti = Column(String, primary_key=True)


class Ride(Base):
    __tablename__ = "rides"
    id = Column(Integer, primary_key=True)
    driver_id = Column(Integer); origin = Column(String); destination = Column(String); departs_at = Column(String)
    seats = Column(Integer); price_cents = Column(Integer); note = Column(String); status = Column(String, default="open")


class Booking(Base):
    __tablename__ = "bookings"
    id = Column(Integer, primary_key=True)
    ride_id = Column(Integer); passenger_id = Column(Integer); seats = Column(Integer); status = Column(String, default="pending"); total_cents = Column(Integer)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, display_name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), role="admin", suspended=False)); s.commit()


def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}
def ushow(u): return row(u, "pw")


def me(c=Depends(bearer), s: Session = Depends(db)):
    u = s.get(User, int(c["sub"]))
    if not u: raise E(401)
    return u
def active(u=Depends(me)):
    if u.suspended: raise E(403)
    return u
def adm(u=Depends(me)):
    if u.role != "admin": raise E(403)
    return u


Name = Annotated[str, Field(min_length=1, max_length=60)]
class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=10, max_length=128); display_name: Name
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str


@app.post("/auth/register", status_code=201)
def register(b: Reg, s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    u = User(email=b.email.lower(), display_name=b.display_name, pw=hash_pw(b.password), role="member", suspended=False); s.add(u); s.flush()
    return ushow(u)


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
def get_me(u=Depends(me)): return ushow(u)


class Prof(BaseModel):
    display_name: Name = None
    phone: str | None = None
    @field_validator("phone")
    @classmethod
    def _p(cls, v):
        if v is not None and not re.fullmatch(r"[0-9 +-]{5,20}", v): raise ValueError("phone")
        return v


@app.patch("/me")
def patch_me(b: Prof, u=Depends(me)):
    for k, v in b.model_dump(exclude_unset=True).items(): setattr(u, k, v)
    return ushow(u)


@app.get("/admin/users")
def users(email: str = None, u=Depends(adm), s: Session = Depends(db)):
    q = select(User)
    if email is not None: q = q.where(User.email == email.lower())
    return [ushow(x) for x in s.scalars(q)]


@app.post("/admin/users/{id}/{what}")
def suspend(id: int, what: Literal["suspend", "unsuspend"], u=Depends(adm), s: Session = Depends(db)):
    x = s.get(User, id)
    if not x: raise E(404)
    x.suspended = what == "suspend"
    return ushow(x)


Place = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Seats = Annotated[int, Field(ge=1, le=8)]
Price = Annotated[int, Field(ge=0, le=10000)]
Note = Annotated[str, Field(max_length=500)]
class RNew(BaseModel):
    origin: Place; destination: Place; departs_at: AwareDatetime; seats: Seats; price_cents: Price; note: Note | None = None
class REdit(BaseModel):
    seats: Seats = None; price_cents: Price = None; note: Note | None = None


def taken(s, r): return s.scalar(select(func.coalesce(func.sum(Booking.seats), 0)).where(Booking.ride_id == r.id, Booking.status == "accepted"))
def nowiso(): return datetime.now(timezone.utc).isoformat(timespec="seconds")


def rshow(s, r, u):
    d = s.get(User, r.driver_id)
    see = u.id == d.id or s.scalar(select(Booking.id).where(Booking.ride_id == r.id, Booking.passenger_id == u.id, Booking.status == "accepted"))
    return row(r) | {"driver_name": d.display_name, "driver_phone": d.phone if see else None, "seats_free": r.seats - taken(s, r)}


@app.post("/rides", status_code=201)
def rnew(b: RNew, u=Depends(active), s: Session = Depends(db)):
    if b.origin.lower() == b.destination.lower(): raise E(422)
    try: at = b.departs_at.astimezone(timezone.utc)
    except (OverflowError, ValueError): raise E(422)
    if at <= datetime.now(timezone.utc): raise E(422)
    r = Ride(**b.model_dump(exclude={"departs_at"}), departs_at=at.isoformat(timespec="seconds"), driver_id=u.id, status="open"); s.add(r); s.flush()
    return rshow(s, r, u)


@app.get("/rides")
def rlist(origin: str = None, destination: str = None, date: date = None, seats: Seats = 1, u=Depends(me), s: Session = Depends(db)):
    q = select(Ride).where(Ride.status == "open", Ride.departs_at > nowiso()).order_by(Ride.departs_at, Ride.id)
    out = []
    for r in s.scalars(q):
        if origin is not None and r.origin.lower() != origin.strip().lower(): continue
        if destination is not None and r.destination.lower() != destination.strip().lower(): continue
        if date and r.departs_at[:10] != date.isoformat(): continue
        if r.seats - taken(s, r) < seats: continue
        out.append(rshow(s, r, u))
    return out


def ride(s, id, u=None):
    r = s.get(Ride, id)
    if not r: raise E(404)
    if u and r.driver_id != u.id: raise E(403)
    return r


@app.get("/rides/{id}")
def rget(id: int, u=Depends(me), s: Session = Depends(db)): return rshow(s, ride(s, id), u)


@app.patch("/rides/{id}")
def redit(id: int, b: REdit, u=Depends(active), s: Session = Depends(db)):
    r = ride(s, id, u)
    if r.status != "open": raise E(409)
    d = b.model_dump(exclude_unset=True)
    if "seats" in d and d["seats"] < taken(s, r): raise E(409)
    for k, v in d.items(): setattr(r, k, v)
    return rshow(s, r, u)


@app.post("/rides/{id}/cancel")
def rcancel(id: int, u=Depends(active), s: Session = Depends(db)):
    r = ride(s, id, u)
    if r.status != "open": raise E(409)
    r.status = "cancelled"
    for b in s.scalars(select(Booking).where(Booking.ride_id == id, Booking.status.in_(["pending", "accepted"]))): b.status = "cancelled"
    s.flush()
    return rshow(s, r, u)


class BNew(BaseModel):
    seats: Seats = 1


def bshow(s, b, u):
    p = s.get(User, b.passenger_id)
    return row(b) | {"passenger_name": p.display_name, "passenger_phone": p.phone if u.id == p.id or b.status == "accepted" else None}


@app.post("/rides/{id}/bookings", status_code=201)
def bnew(id: int, b: BNew, u=Depends(active), s: Session = Depends(db)):
    r = ride(s, id)
    if r.driver_id == u.id or r.status != "open" or r.departs_at <= nowiso() or b.seats > r.seats - taken(s, r): raise E(409)
    if s.scalar(select(Booking).where(Booking.ride_id == id, Booking.passenger_id == u.id, Booking.status.in_(["pending", "accepted"]))): raise E(409)
    x = Booking(ride_id=id, passenger_id=u.id, seats=b.seats, status="pending", total_cents=b.seats * r.price_cents); s.add(x); s.flush()
    return bshow(s, x, u)


@app.get("/rides/{id}/bookings")
def rbookings(id: int, u=Depends(me), s: Session = Depends(db)):
    ride(s, id, u)
    return [bshow(s, b, u) for b in s.scalars(select(Booking).where(Booking.ride_id == id).order_by(Booking.id))]


@app.get("/bookings")
def blist(status: Literal["pending", "accepted", "declined", "cancelled"] = None, u=Depends(me), s: Session = Depends(db)):
    q = select(Booking).where(Booking.passenger_id == u.id).order_by(Booking.id.desc())
    if status: q = q.where(Booking.status == status)
    return [bshow(s, b, u) for b in s.scalars(q)]


def booking(s, id, u):
    b = s.get(Booking, id)
    if not b: raise E(404)
    r = s.get(Ride, b.ride_id)
    if u.id not in (b.passenger_id, r.driver_id): raise E(404)
    return b, r


@app.get("/bookings/{id}")
def bget(id: int, u=Depends(me), s: Session = Depends(db)): return bshow(s, booking(s, id, u)[0], u)


@app.post("/bookings/{id}/{what}")
def bact(id: int, what: Literal["accept", "decline", "cancel"], u=Depends(active), s: Session = Depends(db)):
    b, r = booking(s, id, u)
    if what == "cancel":
        if u.id != b.passenger_id: raise E(403)
        if b.status not in ("pending", "accepted"): raise E(409)
        b.status = "cancelled"
    else:
        if u.id != r.driver_id: raise E(403)
        if b.status != "pending": raise E(409)
        if what == "accept" and b.seats > r.seats - taken(s, r): raise E(409)
        b.status = what + ("ed" if what == "accept" else "d")
    s.flush()
    return bshow(s, b, u)
