"""Notices on boards."""

import time
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Query
from pydantic import BaseModel, Field

from app.db import Db, make_tables


@asynccontextmanager
async def lifespan(app):
    make_tables()
    yield


app = FastAPI(lifespan=lifespan)
Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]
Id = Annotated[int, Path(ge=1, lt=2**63)]


class NewNotice(BaseModel):
    text: str = Field(min_length=1, max_length=500)


@app.get("/health")
def health():
    return {"status": "ok"}


def shown(row):
    return {key: row[key] for key in ("id", "board", "text", "posted_at")}


@app.post("/boards/{board}/notices", status_code=201)
def post(board: Name, body: NewNotice, db: Db):
    sql = "INSERT INTO notices (board, text, posted_at) VALUES (?, ?, ?)"
    made = db.execute(sql, (board, body.text, int(time.time())))
    return shown(db.execute("SELECT * FROM notices WHERE id = ?", (made.lastrowid,)).fetchone())


@app.delete("/boards/{board}/notices/{notice_id}", status_code=204)
def delete(board: Name, notice_id: Id, db: Db):
    sql = "UPDATE notices SET gone = 1 WHERE id = ? AND board = ? AND NOT gone"
    if not db.execute(sql, (notice_id, board)).rowcount:
        raise HTTPException(404, "no such notice")


@app.get("/boards/{board}/notices")
def list_notices(
    board: Name,
    db: Db,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    cursor: Annotated[int, Query(ge=0, lt=2**63)] = 2**63 - 1,
):
    sql = """SELECT * FROM notices WHERE board = ? AND posted_at < ?
             ORDER BY posted_at DESC LIMIT ?"""
    rows = db.execute(sql, (board, cursor, limit)).fetchall()
    notices = [shown(row) for row in rows if not row["gone"]]
    return {"notices": notices, "next": rows[-1]["posted_at"] if len(rows) == limit else None}


@app.get("/boards/{board}/unread")
def unread(board: Name, reader: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,40}$")], db: Db):
    sql = "SELECT up_to FROM reads WHERE reader = ? AND board = ?"
    row = db.execute(sql, (reader, board)).fetchone()
    sql = "SELECT count(*) AS n FROM notices WHERE board = ? AND posted_at > ?"
    return {"unread": db.execute(sql, (board, row["up_to"] if row else -1)).fetchone()["n"]}


@app.post("/boards/{board}/read")
def mark_read(board: Name, reader: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,40}$")], db: Db):
    sql = "INSERT OR REPLACE INTO reads (reader, board, up_to) VALUES (?, ?, ?)"
    db.execute(sql, (reader, board, int(time.time())))
    return {"unread": 0}
