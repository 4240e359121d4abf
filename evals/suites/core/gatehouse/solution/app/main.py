"""Doors that keepers open."""

import hashlib
import hmac
import os
import secrets
import time
from contextlib import asynccontextmanager
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Path
from pydantic import BaseModel, EmailStr, Field

from app.db import Db, make_tables, open_database

SECRET = os.environ.get("SECRET_KEY", "")
if len(SECRET) < 32:
    raise SystemExit("set SECRET_KEY to 32 characters or more")
ACCESS_S = 900


def hash_password(password):
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


def is_password(password, kept):
    salt, _, digest = kept.partition("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1)
    return hmac.compare_digest(found.hex(), digest)


@asynccontextmanager
async def lifespan(app):
    make_tables()
    with open_database() as db:
        sql = "INSERT OR IGNORE INTO users (email, password, role) VALUES (?, ?, 'keeper')"
        password = hash_password(os.environ["KEEPER_PASSWORD"])
        db.execute(sql, (os.environ["KEEPER_EMAIL"], password))
    yield


app = FastAPI(lifespan=lifespan)
Id = Annotated[int, Path(ge=1, lt=2**63)]


class Login(BaseModel):
    email: EmailStr
    password: str = Field(min_length=10, max_length=100)


class NewDoor(BaseModel):
    name: str = Field(min_length=1, max_length=60)


class UserChange(BaseModel):
    active: bool


def token_of(user):
    now = int(time.time())
    claims = {"sub": str(user["id"]), "iat": now, "exp": now + ACCESS_S}
    return jwt.encode(claims, SECRET, "HS256")


def caller(db: Db, authorization: Annotated[str, Header()] = ""):
    try:
        token = authorization.removeprefix("Bearer ")
        claims = jwt.decode(token, SECRET, ["HS256"], options={"require": ["exp", "sub"]})
        user_id = int(claims["sub"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise HTTPException(401, "sign in") from error
    row = db.execute("SELECT * FROM users WHERE id = ? AND active", (user_id,)).fetchone()
    if row is None:
        raise HTTPException(401, "sign in")
    return row


Caller = Annotated[dict, Depends(caller)]


def keeper(user: Caller):
    if user["role"] != "keeper":
        raise HTTPException(403, "keepers only")


KEEPER = [Depends(keeper)]


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/register", status_code=201)
def register(body: Login, db: Db):
    if db.execute("SELECT 1 FROM users WHERE email = ?", (body.email,)).fetchone():
        raise HTTPException(409, "the email is taken")
    sql = "INSERT INTO users (email, password) VALUES (?, ?)"
    made = db.execute(sql, (body.email, hash_password(body.password)))
    return user_of(db, made.lastrowid)


@app.post("/login")
def login(body: Login, db: Db):
    row = db.execute("SELECT * FROM users WHERE email = ?", (body.email,)).fetchone()
    if row is None or not is_password(body.password, row["password"]) or not row["active"]:
        raise HTTPException(401, "wrong login")
    return {"token": token_of(row), "expires_in": ACCESS_S}


def user_of(db, user_id):
    row = db.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such user")
    return {"id": row["id"], "email": row["email"], "role": row["role"], "active": bool(row["active"])}


@app.get("/me")
def me(user: Caller, db: Db):
    return user_of(db, user["id"])


@app.get("/users/{user_id}", dependencies=KEEPER)
def get_user(user_id: Id, db: Db):
    return user_of(db, user_id)


@app.patch("/users/{user_id}", dependencies=KEEPER)
def change_user(user_id: Id, body: UserChange, db: Db):
    user_of(db, user_id)
    db.execute("UPDATE users SET active = ? WHERE id = ?", (body.active, user_id))
    return user_of(db, user_id)


def door_of(db, door_id):
    row = db.execute("SELECT * FROM doors WHERE id = ?", (door_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such door")
    return dict(row)


@app.get("/doors")
def list_doors(user: Caller, db: Db):
    return {"doors": [dict(row) for row in db.execute("SELECT * FROM doors ORDER BY id")]}


@app.post("/doors", status_code=201, dependencies=KEEPER)
def add_door(body: NewDoor, db: Db):
    made = db.execute("INSERT INTO doors (name) VALUES (?)", (body.name,))
    return door_of(db, made.lastrowid)


@app.post("/doors/{door_id}/open", dependencies=KEEPER)
def open_door(door_id: Id, db: Db):
    """Counts how often it was opened."""
    db.execute("UPDATE doors SET opened = opened + 1 WHERE id = ?", (door_id,))
    return door_of(db, door_id)
