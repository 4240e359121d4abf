"""Ledger: money between accounts, and not a cent lost."""

import os
from contextlib import asynccontextmanager
from typing import Annotated

import psycopg
from fastapi import FastAPI, Header, HTTPException, Query, Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, Field

from app.base import (
    URL, Caller, Db, Email, Id, Text, found, hash_password, is_password, token_of,
)

TABLES = """
CREATE TABLE IF NOT EXISTS person (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(254) NOT NULL UNIQUE, password_hash text NOT NULL,
  role text NOT NULL DEFAULT 'student' CHECK (role IN ('student', 'teller')));
CREATE TABLE IF NOT EXISTS account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person (id), name varchar(40) NOT NULL,
  balance_cents bigint NOT NULL DEFAULT 0 CHECK (balance_cents >= 0),
  closed boolean NOT NULL DEFAULT false);
CREATE TABLE IF NOT EXISTS entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES account (id),
  other_account_id bigint REFERENCES account (id),
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  reference varchar(140) NOT NULL DEFAULT '', created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS transfer_key (
  person_id bigint NOT NULL REFERENCES person (id), key varchar(64) NOT NULL,
  entry_id bigint NOT NULL REFERENCES entry (id), PRIMARY KEY (person_id, key));
"""
Key = Annotated[int, Field(ge=1, lt=2**63)]
Cents = Annotated[int, Field(ge=1, le=100_000_000)]


@asynccontextmanager
async def lifespan(app):
    with psycopg.connect(URL) as db:
        db.execute(TABLES)
        login, password = os.environ["FIRST_ADMIN_EMAIL"], os.environ["FIRST_ADMIN_PASSWORD"]
        db.execute(
            """INSERT INTO person (email, password_hash, role) VALUES (%s, %s, 'teller')
               ON CONFLICT DO NOTHING""",
            (login.lower(), hash_password(password)),
        )
    yield


app = FastAPI(lifespan=lifespan)


class Login(BaseModel):
    email: Text
    password: Text


class Registration(BaseModel):
    email: Email = Field(max_length=254)
    password: Text = Field(min_length=10, max_length=200)


class NewAccount(BaseModel):
    name: Text = Field(min_length=1, max_length=40)


class Amount(BaseModel):
    amount_cents: Cents


class Transfer(Amount):
    from_account_id: Key
    to_account_id: Key
    reference: Text = Field("", max_length=140)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/auth/register", status_code=201)
def register(body: Registration, db: Db):
    try:
        return db.execute(
            "INSERT INTO person (email, password_hash) VALUES (%s, %s) RETURNING id, email, role",
            (body.email, hash_password(body.password)),
        ).fetchone()
    except UniqueViolation as error:
        raise HTTPException(409, "the email is taken") from error


@app.post("/auth/login")
def login(body: Login, db: Db):
    row = db.execute("SELECT * FROM person WHERE email = %s", (body.email.lower(),)).fetchone()
    if row is None or not is_password(body.password, row["password_hash"]):
        raise HTTPException(401, "wrong login")
    return token_of(row["id"])


def is_teller(db, person):
    sql = "SELECT 1 FROM person WHERE id = %s AND role = 'teller'"
    return db.execute(sql, (person,)).fetchone() is not None


def visible(db, account_id, caller):
    account = found(db.execute("SELECT * FROM account WHERE id = %s", (account_id,)).fetchone())
    if account["person_id"] != caller and not is_teller(db, caller):
        raise HTTPException(404, "not found")
    return account


def lock(db, *account_ids):
    """The accounts, locked in the order of their ids so that no two transfers wait for each other."""
    sql = "SELECT * FROM account WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
    rows = {row["id"]: row for row in db.execute(sql, (list(account_ids),)).fetchall()}
    return [found(rows.get(account_id)) for account_id in account_ids]


def book(db, account, amount, other_id=None, reference=""):
    if account["closed"]:
        raise HTTPException(409, "the account is closed")
    if account["balance_cents"] + amount < 0:
        raise HTTPException(409, "not enough money")
    db.execute(
        "UPDATE account SET balance_cents = balance_cents + %s WHERE id = %s",
        (amount, account["id"]),
    )
    return db.execute(
        """INSERT INTO entry (account_id, other_account_id, amount_cents, reference)
           VALUES (%s, %s, %s, %s) RETURNING *""",
        (account["id"], other_id, amount, reference),
    ).fetchone()


@app.post("/accounts", status_code=201)
def open_account(body: NewAccount, caller: Caller, db: Db):
    sql = "INSERT INTO account (person_id, name) VALUES (%s, %s) RETURNING *"
    return db.execute(sql, (caller, body.name)).fetchone()


@app.get("/accounts")
def list_accounts(caller: Caller, db: Db):
    sql = "SELECT * FROM account WHERE person_id = %s OR %s ORDER BY id"
    return db.execute(sql, (caller, is_teller(db, caller))).fetchall()


@app.get("/accounts/{account_id}")
def get_account(account_id: Id, caller: Caller, db: Db):
    return visible(db, account_id, caller)


@app.post("/accounts/{account_id}/close")
def close_account(account_id: Id, caller: Caller, db: Db):
    (account,) = lock(db, account_id)
    if account["person_id"] != caller:
        raise HTTPException(404, "not found")
    if account["balance_cents"]:
        raise HTTPException(409, "there is money in it")
    sql = "UPDATE account SET closed = true WHERE id = %s RETURNING *"
    return db.execute(sql, (account_id,)).fetchone()


@app.get("/accounts/{account_id}/entries")
def list_entries(
    account_id: Id,
    caller: Caller,
    db: Db,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[int, Query(ge=1, lt=2**63)] = 2**63 - 1,
):
    visible(db, account_id, caller)
    sql = "SELECT * FROM entry WHERE account_id = %s AND id < %s ORDER BY id DESC LIMIT %s"
    return db.execute(sql, (account_id, before, limit)).fetchall()


def at_the_counter(db, caller, account_id, amount):
    if not is_teller(db, caller):
        raise HTTPException(403, "tellers only")
    return book(db, lock(db, account_id)[0], amount)


@app.post("/accounts/{account_id}/deposit", status_code=201)
def deposit(account_id: Id, body: Amount, caller: Caller, db: Db):
    return at_the_counter(db, caller, account_id, body.amount_cents)


@app.post("/accounts/{account_id}/withdraw", status_code=201)
def withdraw(account_id: Id, body: Amount, caller: Caller, db: Db):
    return at_the_counter(db, caller, account_id, -body.amount_cents)


@app.post("/transfers", status_code=201)
def transfer(
    body: Transfer,
    caller: Caller,
    db: Db,
    response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=64)] = None,
):
    if idempotency_key is not None:
        # One at a time for one person: a second request with the key waits for the first.
        db.execute("SELECT 1 FROM person WHERE id = %s FOR UPDATE", (caller,))
        done = db.execute(
            """SELECT entry.* FROM entry JOIN transfer_key ON entry_id = entry.id
               WHERE person_id = %s AND key = %s""",
            (caller, idempotency_key),
        ).fetchone()
        if done is not None:
            response.status_code = 200
            return done
    if body.from_account_id == body.to_account_id:
        raise HTTPException(422, "one account")
    payer, payee = lock(db, body.from_account_id, body.to_account_id)
    if payer["person_id"] != caller:
        raise HTTPException(404, "not found")
    entry = book(db, payer, -body.amount_cents, payee["id"], body.reference)
    book(db, payee, body.amount_cents, payer["id"], body.reference)
    if idempotency_key is not None:
        values = (caller, idempotency_key, entry["id"])
        db.execute("INSERT INTO transfer_key VALUES (%s, %s, %s)", values)
    return entry
