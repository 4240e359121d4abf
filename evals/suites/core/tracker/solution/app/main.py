from .base import *
from typing import Annotated, Literal
from datetime import date, datetime, timezone
from pydantic import BaseModel, EmailStr, Field, StringConstraints

app = make_app("Plank")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True); name = Column(String); pw = Column(String)
    is_admin = Column(Boolean, default=False); active = Column(Boolean, default=True)


class Used(Base):
    __tablename__ = "used"
    jti = Column(String, primary_key=True)


class Project(Base):
    __tablename__ = "projects"
    id = Column(Integer, primary_key=True)
    name = Column(String); description = Column(String); owner_id = Column(Integer); archived = Column(Boolean, default=False)


class Member(Base):
    __tablename__ = "members"
    project_id = Column(Integer, primary_key=True); user_id = Column(Integer, primary_key=True); role = Column(String)


class Task(Base):
    __tablename__ = "tasks"
    id = Column(Integer, primary_key=True)
    project_id = Column(Integer); title = Column(String); description = Column(String); priority = Column(String)
    due_date = Column(String); assignee_id = Column(Integer); blocked_by = Column(JSON, default=list)
    status = Column(String, default="todo"); created_by = Column(Integer); created_at = Column(String)


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    task_id = Column(Integer); author_id = Column(Integer); text = Column(String); created_at = Column(String)


start(app)
with Session(engine) as s:
    e = os.environ["FIRST_ADMIN_EMAIL"].lower()
    if not s.scalar(select(User).where(User.email == e)):
        s.add(User(email=e, name="admin", pw=hash_pw(os.environ["FIRST_ADMIN_PASSWORD"]), is_admin=True)); s.commit()


def now(): return datetime.now(timezone.utc).isoformat()
def row(o, *skip): return {c.name: getattr(o, c.name) for c in o.__table__.columns if c.name not in skip}
def ushow(u): return row(u, "pw", "active")


def me(c=Depends(bearer), s: Session = Depends(db)):
    u = s.get(User, int(c["sub"]))
    if not u or not u.active: raise E(401)
    return u


class Reg(BaseModel):
    email: EmailStr; password: str = Field(min_length=10, max_length=1000); name: str = Field(min_length=1)
class Login(BaseModel):
    email: str; password: str
class Refresh(BaseModel):
    refresh_token: str


@app.post("/auth/register", status_code=201)
def register(b: Reg, s: Session = Depends(db)):
    if s.scalar(select(User).where(User.email == b.email.lower())): raise E(409)
    u = User(email=b.email.lower(), name=b.name, pw=hash_pw(b.password), is_admin=False); s.add(u); s.flush()
    return ushow(u)


@app.post("/auth/login")
def login(b: Login, s: Session = Depends(db)):
    u = s.scalar(select(User).where(User.email == b.email.lower()))
    if not u or not u.active or not check_pw(b.password, u.pw): raise E(401)
    return pair(u.id)


@app.post("/auth/refresh")
def refresh(b: Refresh, s: Session = Depends(db)):
    c = claims(b.refresh_token, "refresh")
    u = s.get(User, int(c["sub"]))
    if not u or not u.active or s.get(Used, c["jti"]): raise E(401)
    s.add(Used(jti=c["jti"]))
    return pair(u.id)


@app.get("/me")
def get_me(u=Depends(me)): return ushow(u)


@app.get("/users")
def users(u=Depends(me), s: Session = Depends(db)):
    if not u.is_admin: raise E(403)
    return [ushow(x) for x in s.scalars(select(User))]


@app.post("/users/{id}/deactivate")
def deactivate(id: int, u=Depends(me), s: Session = Depends(db)):
    if not u.is_admin: raise E(403)
    x = s.get(User, id)
    if not x: raise E(404)
    x.active = False
    return ushow(x)


RANK = {"viewer": 0, "editor": 1, "owner": 2}
def access(s, u, pid, need="viewer", write=False):
    p = s.get(Project, pid); m = s.get(Member, (pid, u.id))
    if not p or not m: raise E(404)
    if RANK[m.role] < RANK[need]: raise E(403)
    if write and p.archived: raise E(409)
    return p


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
class PNew(BaseModel):
    name: Name; description: str | None = None
class PEdit(BaseModel):
    name: Name = None; description: str | None = None


@app.post("/projects", status_code=201)
def pnew(b: PNew, u=Depends(me), s: Session = Depends(db)):
    p = Project(name=b.name, description=b.description, owner_id=u.id, archived=False); s.add(p); s.flush()
    s.add(Member(project_id=p.id, user_id=u.id, role="owner"))
    return row(p)


@app.get("/projects")
def plist(u=Depends(me), s: Session = Depends(db)):
    return [row(p) for p in s.scalars(select(Project).join(Member, Member.project_id == Project.id).where(Member.user_id == u.id))]


@app.get("/projects/{id}")
def pget(id: int, u=Depends(me), s: Session = Depends(db)): return row(access(s, u, id))


@app.patch("/projects/{id}")
def pedit(id: int, b: PEdit, u=Depends(me), s: Session = Depends(db)):
    p = access(s, u, id, "owner", True)
    for k, v in b.model_dump(exclude_unset=True).items(): setattr(p, k, v)
    return row(p)


def drop_task(s, t):
    for c in s.scalars(select(Comment).where(Comment.task_id == t.id)): s.delete(c)
    for o in s.scalars(select(Task).where(Task.project_id == t.project_id)):
        if t.id in o.blocked_by: o.blocked_by = [x for x in o.blocked_by if x != t.id]
    s.delete(t)


@app.delete("/projects/{id}", status_code=204)
def pdel(id: int, u=Depends(me), s: Session = Depends(db)):
    p = access(s, u, id, "owner")
    for t in s.scalars(select(Task).where(Task.project_id == id)).all(): drop_task(s, t)
    for m in s.scalars(select(Member).where(Member.project_id == id)).all(): s.delete(m)
    s.delete(p)


@app.post("/projects/{id}/archive")
def parch(id: int, u=Depends(me), s: Session = Depends(db)):
    p = access(s, u, id, "owner"); p.archived = True
    return row(p)


Role = Literal["editor", "viewer"]
class MNew(BaseModel):
    email: str; role: Role
class MEdit(BaseModel):
    role: Role


def mshow(s, m): return {"user_id": m.user_id, "email": s.get(User, m.user_id).email, "role": m.role}


@app.get("/projects/{id}/members")
def mlist(id: int, u=Depends(me), s: Session = Depends(db)):
    access(s, u, id)
    return [mshow(s, m) for m in s.scalars(select(Member).where(Member.project_id == id))]


@app.post("/projects/{id}/members", status_code=201)
def madd(id: int, b: MNew, u=Depends(me), s: Session = Depends(db)):
    access(s, u, id, "owner", True)
    x = s.scalar(select(User).where(User.email == b.email.lower()))
    if not x: raise E(404)
    if s.get(Member, (id, x.id)): raise E(409)
    m = Member(project_id=id, user_id=x.id, role=b.role); s.add(m)
    return mshow(s, m)


@app.patch("/projects/{id}/members/{uid}")
def medit(id: int, uid: int, b: MEdit, u=Depends(me), s: Session = Depends(db)):
    access(s, u, id, "owner", True)
    m = s.get(Member, (id, uid))
    if not m: raise E(404)
    if m.role == "owner": raise E(409)
    m.role = b.role
    if b.role == "viewer":
        pass
    return mshow(s, m)


@app.delete("/projects/{id}/members/{uid}", status_code=204)
def mdel(id: int, uid: int, u=Depends(me), s: Session = Depends(db)):
    access(s, u, id, "viewer" if uid == u.id else "owner", True)
    m = s.get(Member, (id, uid))
    if not m: raise E(404)
    if m.role == "owner": raise E(409)
    for t in s.scalars(select(Task).where(Task.project_id == id, Task.assignee_id == uid)): t.assignee_id = None
    s.delete(m)


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Prio = Literal["low", "normal", "high"]
class TNew(BaseModel):
    title: Title; description: str | None = None; priority: Prio = "normal"; due_date: date | None = None
    assignee_id: int | None = None; blocked_by: list[int] = []
class TEdit(BaseModel):
    title: Title = None; description: str | None = None; priority: Prio = None; due_date: date | None = None
    assignee_id: int | None = None; blocked_by: list[int] = None


def apply(s, t, d):
    if d.get("assignee_id") is not None:
        m = s.get(Member, (t.project_id, d["assignee_id"]))
        if not m or m.role == "viewer": raise E(422)
    if "blocked_by" in d:
        d["blocked_by"] = list(dict.fromkeys(d["blocked_by"]))
        todo, seen = list(d["blocked_by"]), set()
        for x in todo:
            o = s.get(Task, x)
            if not o or o.project_id != t.project_id: raise E(422)
        while todo:
            x = todo.pop()
            if x == t.id: raise E(409)
            if x in seen: continue
            seen.add(x); todo += s.get(Task, x).blocked_by
    if d.get("due_date"): d["due_date"] = d["due_date"].isoformat()
    for k, v in d.items(): setattr(t, k, v)


def task(s, u, id, need="viewer", write=False):
    t = s.get(Task, id)
    if not t: raise E(404)
    access(s, u, t.project_id, need, write)
    return t


@app.post("/projects/{id}/tasks", status_code=201)
def tnew(id: int, b: TNew, u=Depends(me), s: Session = Depends(db)):
    access(s, u, id, "editor", True)
    t = Task(project_id=id, status="todo", created_by=u.id, created_at=now())
    apply(s, t, b.model_dump()); s.add(t); s.flush()
    return row(t)


@app.get("/projects/{id}/tasks")
def tlist(id: int, status: Literal["todo", "doing", "done"] = None, priority: Prio = None, assignee_id: int = None, q: str = None,
          limit: Annotated[int, Field(ge=1, le=100)] = 20, offset: Annotated[int, Field(ge=0)] = 0, u=Depends(me), s: Session = Depends(db)):
    access(s, u, id)
    w = [Task.project_id == id]
    if status: w.append(Task.status == status)
    if priority: w.append(Task.priority == priority)
    if assignee_id is not None: w.append(Task.assignee_id == assignee_id)
    if q: w.append(Task.title.icontains(q, autoescape=True))
    return {"total": s.scalar(select(func.count()).select_from(Task).where(*w)),
            "items": [row(t) for t in s.scalars(select(Task).where(*w).order_by(Task.id).limit(limit).offset(offset))]}


@app.get("/tasks/{id}")
def tget(id: int, u=Depends(me), s: Session = Depends(db)): return row(task(s, u, id))


@app.patch("/tasks/{id}")
def tedit(id: int, b: TEdit, u=Depends(me), s: Session = Depends(db)):
    t = task(s, u, id, "editor", True)
    apply(s, t, b.model_dump(exclude_unset=True))
    return row(t)


@app.delete("/tasks/{id}", status_code=204)
def tdel(id: int, u=Depends(me), s: Session = Depends(db)): drop_task(s, task(s, u, id, "editor", True))


class Move(BaseModel):
    status: Literal["todo", "doing", "done"]
NEXT = {"todo": ["doing"], "doing": ["todo", "done"], "done": ["doing"]}


@app.post("/tasks/{id}/move")
def tmove(id: int, b: Move, u=Depends(me), s: Session = Depends(db)):
    t = task(s, u, id, "editor", True)
    if b.status not in NEXT[t.status]: raise E(409)
    if b.status == "done" and any(s.get(Task, x).status != "done" for x in t.blocked_by): raise E(409)
    t.status = b.status
    return row(t)


class CNew(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@app.post("/tasks/{id}/comments", status_code=201)
def cnew(id: int, b: CNew, u=Depends(me), s: Session = Depends(db)):
    task(s, u, id, "viewer", True)
    c = Comment(task_id=id, author_id=u.id, text=b.text, created_at=now()); s.add(c); s.flush()
    return row(c)


@app.get("/tasks/{id}/comments")
def clist(id: int, u=Depends(me), s: Session = Depends(db)):
    task(s, u, id)
    return [row(c) for c in s.scalars(select(Comment).where(Comment.task_id == id).order_by(Comment.id))]
