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
    # Ids grow in the order of posting, whatever the clock does; one more tells whether there is a next part.
    sql = "SELECT * FROM notices WHERE board = ? AND id < ? AND NOT gone ORDER BY id DESC LIMIT ?"
    rows = db.execute(sql, (board, cursor, limit + 1)).fetchall()
    part = rows[:limit]
    return {"notices": [shown(row) for row in part], "next": part[-1]["id"] if len(rows) > limit else None}


@app.get("/boards/{board}/unread")
def unread(board: Name, reader: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,40}$")], db: Db):
    sql = "SELECT last_id FROM reads_by_id WHERE reader = ? AND board = ?"
    row = db.execute(sql, (reader, board)).fetchone()
    sql = "SELECT count(*) AS n FROM notices WHERE board = ? AND id > ? AND NOT gone"
    return {"unread": db.execute(sql, (board, row["last_id"] if row else 0)).fetchone()["n"]}


@app.post("/boards/{board}/read")
def mark_read(board: Name, reader: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,40}$")], db: Db):
    sql = "INSERT OR REPLACE INTO reads_by_id (reader, board, last_id) VALUES (?, ?, ?)"
    newest = "SELECT coalesce(max(id), 0) AS id FROM notices WHERE board = ?"
    db.execute(sql, (reader, board, db.execute(newest, (board,)).fetchone()["id"]))
    return {"unread": 0}
