"""The books of a small library."""

import hmac
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException

from app.db import Db, make_tables


@asynccontextmanager
async def lifespan(app):
    make_tables()
    yield


app = FastAPI(lifespan=lifespan)
Id = Annotated[int, Path(ge=1, lt=2**63)]


@app.exception_handler(AnyHTTPException)
async def refused(request, exc):
    return JSONResponse({"error": exc.detail}, exc.status_code)


@app.exception_handler(RequestValidationError)
async def invalid(request, exc):
    return JSONResponse({"error": "invalid input"}, 422)


def key_needed(x_api_key: Annotated[str, Header()] = ""):
    keys = [key for key in os.environ["API_KEYS"].split(",") if key]
    if not any(hmac.compare_digest(key.encode(), x_api_key.encode()) for key in keys):
        raise HTTPException(401, "a key is needed")


KEY = [Depends(key_needed)]


Tag = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")]


class LoanIn(BaseModel):
    reader: str = Field(min_length=1, max_length=80)


class BookIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=100)
    year: int | None = Field(None, ge=1000, le=2100)
    tags: list[Tag] | None = Field(None, max_length=10)


def shown(db, row):
    tags = db.execute("SELECT tag FROM tags WHERE book_id = ? ORDER BY tag", (row["id"],))
    on_loan = open_loan(db, row["id"]) is not None
    return {**dict(row), "tags": [tag["tag"] for tag in tags], "on_loan": on_loan}


def open_loan(db, book_id):
    sql = "SELECT * FROM loans WHERE book_id = ? AND returned_at IS NULL"
    return db.execute(sql, (book_id,)).fetchone()


def write_tags(db, book_id, tags):
    if tags is not None:
        db.execute("DELETE FROM tags WHERE book_id = ?", (book_id,))
        db.executemany("INSERT INTO tags VALUES (?, ?)", [(book_id, tag) for tag in set(tags)])


def now():
    return datetime.now(UTC).isoformat()


def book_of(db, book_id):
    row = db.execute("SELECT * FROM books WHERE id = ?", (book_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such book")
    return shown(db, row)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/books")
def list_books(
    db: Db,
    response: Response,
    tag: Annotated[list[str], Query()] = [],
    q: str = "",
    limit: Annotated[int | None, Query(ge=1, le=100)] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
):
    sql = """SELECT * FROM books WHERE instr(lower(title), lower(?1)) > 0
             OR instr(lower(author), lower(?1)) > 0 ORDER BY id"""
    books = [shown(db, row) for row in db.execute(sql, (q,))]
    books = [book for book in books if set(tag) <= set(book["tags"])]
    response.headers["X-Total-Count"] = str(len(books))
    return books[offset : None if limit is None else offset + limit]


@app.get("/books/{book_id}")
def get_book(book_id: Id, db: Db):
    return book_of(db, book_id)


@app.post("/books", status_code=201, dependencies=KEY)
def add_book(body: BookIn, db: Db):
    sql = "INSERT INTO books (title, author, year) VALUES (?, ?, ?)"
    made = db.execute(sql, (body.title, body.author, body.year))
    write_tags(db, made.lastrowid, body.tags)
    return book_of(db, made.lastrowid)


@app.put("/books/{book_id}", dependencies=KEY)
def replace_book(book_id: Id, body: BookIn, db: Db):
    book_of(db, book_id)
    sql = "UPDATE books SET title = ?, author = ?, year = ? WHERE id = ?"
    db.execute(sql, (body.title, body.author, body.year, book_id))
    write_tags(db, book_id, body.tags)
    return book_of(db, book_id)


@app.delete("/books/{book_id}", status_code=204, dependencies=KEY)
def delete_book(book_id: Id, db: Db):
    if book_of(db, book_id)["on_loan"]:
        raise HTTPException(409, "it is out")
    db.execute("DELETE FROM books WHERE id = ?", (book_id,))


@app.post("/books/{book_id}/loan", status_code=201, dependencies=KEY)
def lend(book_id: Id, body: LoanIn, db: Db):
    if book_of(db, book_id)["on_loan"]:
        raise HTTPException(409, "it is out")
    sql = "INSERT INTO loans (book_id, reader, lent_at) VALUES (?, ?, ?)"
    db.execute(sql, (book_id, body.reader, now()))
    return dict(open_loan(db, book_id))


@app.post("/books/{book_id}/return", dependencies=KEY)
def take_back(book_id: Id, db: Db):
    book_of(db, book_id)
    loan = open_loan(db, book_id)
    if loan is None:
        raise HTTPException(409, "it is not out")
    db.execute("UPDATE loans SET returned_at = ? WHERE id = ?", (now(), loan["id"]))
    return dict(db.execute("SELECT * FROM loans WHERE id = ?", (loan["id"],)).fetchone())


@app.get("/books/{book_id}/loans", dependencies=KEY)
def list_loans(book_id: Id, db: Db):
    book_of(db, book_id)
    sql = "SELECT * FROM loans WHERE book_id = ? ORDER BY id DESC"
    return [dict(row) for row in db.execute(sql, (book_id,))]
