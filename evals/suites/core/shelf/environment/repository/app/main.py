"""The books of a small library."""

import hmac
import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path
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


class BookIn(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=100)
    year: int | None = Field(None, ge=1000, le=2100)


def book_of(db, book_id):
    row = db.execute("SELECT * FROM books WHERE id = ?", (book_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such book")
    return dict(row)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/books")
def list_books(db: Db):
    return [dict(row) for row in db.execute("SELECT * FROM books ORDER BY id")]


@app.get("/books/{book_id}")
def get_book(book_id: Id, db: Db):
    return book_of(db, book_id)


@app.post("/books", status_code=201, dependencies=KEY)
def add_book(body: BookIn, db: Db):
    sql = "INSERT INTO books (title, author, year) VALUES (?, ?, ?)"
    made = db.execute(sql, (body.title, body.author, body.year))
    return book_of(db, made.lastrowid)


@app.put("/books/{book_id}", dependencies=KEY)
def replace_book(book_id: Id, body: BookIn, db: Db):
    book_of(db, book_id)
    sql = "UPDATE books SET title = ?, author = ?, year = ? WHERE id = ?"
    db.execute(sql, (body.title, body.author, body.year, book_id))
    return book_of(db, book_id)


@app.delete("/books/{book_id}", status_code=204, dependencies=KEY)
def delete_book(book_id: Id, db: Db):
    book_of(db, book_id)
    db.execute("DELETE FROM books WHERE id = ?", (book_id,))
