"""Polls with one question."""

import hashlib
import hmac
import secrets
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

from app.db import Db, make_tables


@asynccontextmanager
async def lifespan(app):
    make_tables()
    yield


app = FastAPI(lifespan=lifespan)
Label = Annotated[str, Field(min_length=1, max_length=80)]


class NewPoll(BaseModel):
    question: str = Field(min_length=1, max_length=200)
    choices: list[Label] = Field(min_length=2, max_length=10)


class Vote(BaseModel):
    choice: int = Field(ge=1)
    """Number of the choice, from 1."""


def digest(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def poll_of(db, poll_id):
    row = db.execute("SELECT * FROM polls WHERE id = ?", (poll_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such poll")
    return row


def own_poll(db, poll_id, secret):
    poll = poll_of(db, poll_id)
    if not hmac.compare_digest(digest(secret), poll["secret_hash"]):
        raise HTTPException(403, "wrong secret")
    return poll


def shown(db, poll_id):
    poll = poll_of(db, poll_id)
    sql = "SELECT number, label, votes FROM choices WHERE poll_id = ? ORDER BY number"
    choices = [dict(row) for row in db.execute(sql, (poll_id,))]
    return {
        "id": poll_id,
        "question": poll["question"],
        "closed": bool(poll["closed"]),
        "choices": choices,
    }


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/polls", status_code=201)
def make_poll(body: NewPoll, db: Db):
    poll_id, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
    sql = "INSERT INTO polls (id, question, secret_hash) VALUES (?, ?, ?)"
    db.execute(sql, (poll_id, body.question, digest(secret)))
    for number, label in enumerate(body.choices, 1):
        sql = "INSERT INTO choices (poll_id, number, label) VALUES (?, ?, ?)"
        db.execute(sql, (poll_id, number, label))
    return {**shown(db, poll_id), "secret": secret}


@app.get("/polls/{poll_id}")
def get_poll(poll_id: str, db: Db):
    return shown(db, poll_id)


@app.post("/polls/{poll_id}/votes", status_code=201)
def vote(poll_id: str, body: Vote, db: Db):
    if poll_of(db, poll_id)["closed"]:
        raise HTTPException(409, "the poll is closed")
    sql = "UPDATE choices SET votes = votes + 1 WHERE poll_id = ? AND number = ?"
    if not db.execute(sql, (poll_id, body.choice)).rowcount:
        raise HTTPException(422, "no such choice")
    return {"choice": body.choice}


@app.post("/polls/{poll_id}/close")
def close(poll_id: str, db: Db, x_poll_secret: Annotated[str, Header()] = ""):
    own_poll(db, poll_id, x_poll_secret)
    db.execute("UPDATE polls SET closed = 1 WHERE id = ?", (poll_id,))
    return shown(db, poll_id)
