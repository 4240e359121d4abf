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
    invited_only: bool = False
    hidden: bool = False


class NewTokens(BaseModel):
    count: int = Field(ge=1, le=100)


class Vote(BaseModel):
    choice: int = Field(ge=1)
    """Number of the choice, from 1."""
    token: str | None = None


def digest(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def poll_of(db, poll_id):
    row = db.execute("SELECT * FROM polls WHERE id = ?", (poll_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such poll")
    return row


def is_secret(poll, secret):
    return hmac.compare_digest(digest(secret), poll["secret_hash"])


def own_poll(db, poll_id, secret):
    poll = poll_of(db, poll_id)
    if not is_secret(poll, secret):
        raise HTTPException(403, "wrong secret")
    return poll


def shown(db, poll_id, secret=""):
    poll = poll_of(db, poll_id)
    sql = "SELECT number, label, votes FROM choices WHERE poll_id = ? ORDER BY number"
    choices = [dict(row) for row in db.execute(sql, (poll_id,))]
    if poll["hidden"] and not poll["closed"] and not is_secret(poll, secret):
        choices = [{**choice, "votes": None} for choice in choices]
    return {
        "id": poll_id,
        "question": poll["question"],
        "closed": bool(poll["closed"]),
        "invited_only": bool(poll["invited_only"]),
        "hidden": bool(poll["hidden"]),
        "choices": choices,
    }


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/polls", status_code=201)
def make_poll(body: NewPoll, db: Db):
    poll_id, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
    sql = "INSERT INTO polls (id, question, secret_hash, invited_only, hidden) VALUES (?, ?, ?, ?, ?)"
    db.execute(sql, (poll_id, body.question, digest(secret), body.invited_only, body.hidden))
    for number, label in enumerate(body.choices, 1):
        sql = "INSERT INTO choices (poll_id, number, label) VALUES (?, ?, ?)"
        db.execute(sql, (poll_id, number, label))
    return {**shown(db, poll_id), "secret": secret}


@app.get("/polls/{poll_id}")
def get_poll(poll_id: str, db: Db, x_poll_secret: Annotated[str, Header()] = ""):
    return shown(db, poll_id, x_poll_secret)


@app.post("/polls/{poll_id}/tokens", status_code=201)
def make_tokens(
    poll_id: str, body: NewTokens, db: Db, x_poll_secret: Annotated[str, Header()] = ""
):
    poll = own_poll(db, poll_id, x_poll_secret)
    if not poll["invited_only"] or poll["closed"]:
        raise HTTPException(409, "this poll takes no tokens")
    tokens = [secrets.token_urlsafe(18) for _ in range(body.count)]
    rows = [(poll_id, digest(token)) for token in tokens]
    db.executemany("INSERT INTO tokens (poll_id, hash) VALUES (?, ?)", rows)
    return {"tokens": tokens}


@app.get("/polls/{poll_id}/turnout")
def turnout(poll_id: str, db: Db, x_poll_secret: Annotated[str, Header()] = ""):
    own_poll(db, poll_id, x_poll_secret)
    sql = "SELECT count(*) AS tokens, coalesce(sum(used), 0) AS used FROM tokens WHERE poll_id = ?"
    return dict(db.execute(sql, (poll_id,)).fetchone())


def use_token(db, poll_id, token):
    # A token may be any text, also such as has no UTF-8.
    hashed = hashlib.sha256((token or "").encode("utf-8", "replace")).hexdigest()
    sql = "SELECT used FROM tokens WHERE poll_id = ? AND hash = ?"
    kept = db.execute(sql, (poll_id, hashed)).fetchone()
    if kept is None:
        raise HTTPException(403, "a voting token is needed")
    if kept["used"]:
        raise HTTPException(409, "this token has voted")
    db.execute("UPDATE tokens SET used = 1 WHERE poll_id = ? AND hash = ?", (poll_id, hashed))


@app.post("/polls/{poll_id}/votes", status_code=201)
def vote(poll_id: str, body: Vote, db: Db):
    poll = poll_of(db, poll_id)
    if poll["closed"]:
        raise HTTPException(409, "the poll is closed")
    if poll["invited_only"]:
        use_token(db, poll_id, body.token)
    sql = "UPDATE choices SET votes = votes + 1 WHERE poll_id = ? AND number = ?"
    if not db.execute(sql, (poll_id, body.choice)).rowcount:
        raise HTTPException(422, "no such choice")
    return {"choice": body.choice}


@app.post("/polls/{poll_id}/close")
def close(poll_id: str, db: Db, x_poll_secret: Annotated[str, Header()] = ""):
    own_poll(db, poll_id, x_poll_secret)
    db.execute("UPDATE polls SET closed = 1 WHERE id = ?", (poll_id,))
    return shown(db, poll_id)
