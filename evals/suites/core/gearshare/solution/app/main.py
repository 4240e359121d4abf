"""Gearshare: members lend each other their gear."""

from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated

import psycopg
from fastapi import FastAPI, HTTPException
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, Field, model_validator

from app.base import (
    URL, Caller, Db, Email, Id, Text, found, hash_password, is_password, token_of,
)

TABLES = """
CREATE TABLE IF NOT EXISTS member (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(254) NOT NULL UNIQUE,
  password_hash text NOT NULL,
  name varchar(80) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner_id bigint NOT NULL REFERENCES member (id),
  title varchar(120) NOT NULL,
  deposit_cents integer NOT NULL DEFAULT 0 CHECK (deposit_cents >= 0 AND deposit_cents <= 1000000),
  UNIQUE (owner_id, title)
);
CREATE TABLE IF NOT EXISTS booking (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item_id bigint NOT NULL REFERENCES item (id) ON DELETE CASCADE,
  borrower_id bigint NOT NULL REFERENCES member (id),
  first_day date NOT NULL,
  last_day date NOT NULL,
  status text NOT NULL DEFAULT 'asked' CHECK (status IN ('asked', 'agreed', 'refused')),
  CHECK (last_day >= first_day)
);
"""
MEMBER = "id, email, name, created_at"


@asynccontextmanager
async def lifespan(app):
    with psycopg.connect(URL) as db:
        db.execute(TABLES)
    yield


app = FastAPI(lifespan=lifespan)


class Registration(BaseModel):
    email: Email = Field(max_length=254)
    password: Text = Field(min_length=10, max_length=200)
    name: Text = Field(min_length=1, max_length=80)


class Login(BaseModel):
    email: Text
    password: Text


class NewItem(BaseModel):
    title: Text = Field(min_length=1, max_length=120)
    deposit_cents: Annotated[int, Field(ge=0, le=1000000)] = 0


class NewBooking(BaseModel):
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def in_order(self):
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day")
        return self


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/auth/register", status_code=201)
def register(body: Registration, db: Db):
    try:
        return db.execute(
            f"INSERT INTO member (email, password_hash, name) VALUES (%s, %s, %s) RETURNING {MEMBER}",
            (body.email, hash_password(body.password), body.name),
        ).fetchone()
    except UniqueViolation as error:
        raise HTTPException(409, "the email is taken") from error


@app.post("/auth/login")
def login(body: Login, db: Db):
    row = db.execute("SELECT * FROM member WHERE email = %s", (body.email.lower(),)).fetchone()
    if row is None or not is_password(body.password, row["password_hash"]):
        raise HTTPException(401, "wrong login")
    return token_of(row["id"])


@app.post("/items", status_code=201)
def add_item(body: NewItem, caller: Caller, db: Db):
    try:
        return db.execute(
            "INSERT INTO item (owner_id, title, deposit_cents) VALUES (%s, %s, %s) RETURNING *",
            (caller, body.title, body.deposit_cents),
        ).fetchone()
    except UniqueViolation as error:
        raise HTTPException(409, "you have an item of that title") from error


@app.get("/items")
def list_items(caller: Caller, db: Db, q: Text = ""):
    sql = "SELECT * FROM item WHERE position(lower(%s) in lower(title)) > 0 ORDER BY id"
    return db.execute(sql, (q,)).fetchall()


@app.get("/items/{item_id}")
def get_item(item_id: Id, caller: Caller, db: Db):
    return found(db.execute("SELECT * FROM item WHERE id = %s", (item_id,)).fetchone())


@app.delete("/items/{item_id}", status_code=204)
def delete_item(item_id: Id, caller: Caller, db: Db):
    item = lock_item(db, item_id)
    if item["owner_id"] != caller:
        raise HTTPException(403, "not yours")
    agreed = "SELECT 1 FROM booking WHERE item_id = %s AND status = 'agreed'"
    if db.execute(agreed, (item_id,)).fetchone():
        raise HTTPException(409, "it is booked")
    db.execute("DELETE FROM item WHERE id = %s", (item_id,))


def lock_item(db, item_id):
    return found(db.execute("SELECT * FROM item WHERE id = %s FOR UPDATE", (item_id,)).fetchone())


def refuse_overlap(db, item_id, first_day, last_day):
    sql = """SELECT 1 FROM booking WHERE item_id = %s AND status = 'agreed'
             AND first_day <= %s AND last_day >= %s"""
    if db.execute(sql, (item_id, last_day, first_day)).fetchone():
        raise HTTPException(409, "it is taken on one of these days")


@app.post("/items/{item_id}/bookings", status_code=201)
def ask(item_id: Id, body: NewBooking, caller: Caller, db: Db):
    if lock_item(db, item_id)["owner_id"] == caller:
        raise HTTPException(409, "it is yours")
    refuse_overlap(db, item_id, body.first_day, body.last_day)
    return db.execute(
        """INSERT INTO booking (item_id, borrower_id, first_day, last_day)
           VALUES (%s, %s, %s, %s) RETURNING *""",
        (item_id, caller, body.first_day, body.last_day),
    ).fetchone()


VISIBLE = """SELECT b.* FROM booking b JOIN item i ON i.id = b.item_id
             WHERE (b.borrower_id = %(caller)s OR i.owner_id = %(caller)s)"""


def booking_of(db, booking_id, caller):
    sql = VISIBLE + " AND b.id = %(id)s"
    return found(db.execute(sql, {"caller": caller, "id": booking_id}).fetchone())


def decide(db, booking_id, caller, status):
    item = lock_item(db, booking_of(db, booking_id, caller)["item_id"])
    booking = booking_of(db, booking_id, caller)
    if item["owner_id"] != caller:
        raise HTTPException(403, "the owner decides")
    if booking["status"] != "asked":
        raise HTTPException(409, "it is decided")
    if status == "agreed":
        refuse_overlap(db, item["id"], booking["first_day"], booking["last_day"])
    sql = "UPDATE booking SET status = %s WHERE id = %s RETURNING *"
    return db.execute(sql, (status, booking_id)).fetchone()


@app.post("/bookings/{booking_id}/agree")
def agree(booking_id: Id, caller: Caller, db: Db):
    return decide(db, booking_id, caller, "agreed")


@app.post("/bookings/{booking_id}/refuse")
def refuse(booking_id: Id, caller: Caller, db: Db):
    return decide(db, booking_id, caller, "refused")


@app.get("/bookings")
def list_bookings(caller: Caller, db: Db):
    return db.execute(VISIBLE + " ORDER BY b.id", {"caller": caller}).fetchall()


@app.get("/bookings/{booking_id}")
def get_booking(booking_id: Id, caller: Caller, db: Db):
    return booking_of(db, booking_id, caller)
