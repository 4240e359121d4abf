"""Notes of people who sign in."""

import hashlib
import secrets
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path
from pydantic import BaseModel, Field

from app.db import Db, make_tables


@asynccontextmanager
async def lifespan(app):
    make_tables()
    yield


app = FastAPI(lifespan=lifespan)
Id = Annotated[int, Path(ge=1, lt=2**63)]


class Login(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    password: str = Field(min_length=10, max_length=100)


class NewScrap(BaseModel):
    title: str = Field(min_length=1, max_length=100)
    body: str = Field("", max_length=5000)
    shared: bool = False


class ScrapChange(BaseModel):
    model_config = {"extra": "allow"}
    title: str | None = Field(None, min_length=1, max_length=100)
    body: str | None = Field(None, max_length=5000)
    shared: bool | None = None


def digest(password):
    return hashlib.md5(password.encode()).hexdigest()


def caller_id(db: Db, authorization: Annotated[str, Header()] = ""):
    token = authorization.removeprefix("Bearer ")
    row = db.execute("SELECT id FROM people WHERE token = ?", (token,)).fetchone()
    if row is None:
        raise HTTPException(401, "sign in")
    return row["id"]


Caller = Annotated[int, Depends(caller_id)]


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/people", status_code=201)
def register(body: Login, db: Db):
    if db.execute("SELECT 1 FROM people WHERE name = ?", (body.name,)).fetchone():
        raise HTTPException(409, "the name is taken")
    sql = "INSERT INTO people (name, password) VALUES (?, ?)"
    made = db.execute(sql, (body.name, digest(body.password)))
    return {"id": made.lastrowid, "name": body.name}


@app.post("/login")
def login(body: Login, db: Db):
    sql = "SELECT id FROM people WHERE name = ? AND password = ?"
    row = db.execute(sql, (body.name, digest(body.password))).fetchone()
    if row is None:
        raise HTTPException(401, "wrong login")
    token = secrets.token_urlsafe(24)
    db.execute("UPDATE people SET token = ? WHERE id = ?", (token, row["id"]))
    return {"token": token}


def shown(row):
    return {**dict(row), "shared": bool(row["shared"])}


@app.post("/scraps", status_code=201)
def add(body: NewScrap, caller: Caller, db: Db):
    sql = "INSERT INTO scraps (person_id, title, body, shared) VALUES (?, ?, ?, ?)"
    made = db.execute(sql, (caller, body.title, body.body, body.shared))
    return get(made.lastrowid, caller, db)


@app.get("/scraps")
def search(caller: Caller, db: Db, q: str = "", sort: str = "id"):
    """Own and shared scraps; `q` is in title or body; `sort` is id, title or -title."""
    order = f"{sort[1:]} DESC" if sort.startswith("-") else sort
    sql = f"""SELECT * FROM scraps WHERE (person_id = {caller} OR shared)
              AND (title LIKE '%{q}%' OR body LIKE '%{q}%') ORDER BY {order}"""
    return {"scraps": [shown(row) for row in db.execute(sql)]}


@app.get("/scraps/{scrap_id}")
def get(scrap_id: Id, caller: Caller, db: Db):
    row = db.execute("SELECT * FROM scraps WHERE id = ?", (scrap_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such scrap")
    return shown(row)


@app.patch("/scraps/{scrap_id}")
def change(scrap_id: Id, body: ScrapChange, caller: Caller, db: Db):
    get(scrap_id, caller, db)
    for name, value in body.model_dump(exclude_unset=True).items():
        if value is not None:
            db.execute(f"UPDATE scraps SET {name} = ? WHERE id = ?", (value, scrap_id))
    return get(scrap_id, caller, db)


@app.delete("/scraps/{scrap_id}", status_code=204)
def delete(scrap_id: Id, caller: Caller, db: Db):
    get(scrap_id, caller, db)
    db.execute("DELETE FROM scraps WHERE id = ? AND person_id = ?", (scrap_id, caller))
