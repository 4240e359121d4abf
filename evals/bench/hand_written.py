"""The backend that `make bench-components` compares with: books, written by hand, and no more.

It has: FastAPI, async SQLAlchemy with asyncpg, one table made at start, pydantic schemas with
limits, a list by limit and offset, get, create, 404 for a missing book.

It lacks, and the generated one has: error bodies by RFC 9457, request ids, a log line a request,
security headers, a body limit, retries after lost races, keyset pages, migrations, settings that
are checked, readiness, CORS. It stays as it is: the comparison is what those cost.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Numeric, String, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """Base of the models."""


class Book(Base):
    """A book."""

    __tablename__ = "books"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(200))
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    stock: Mapped[int] = mapped_column(default=0)


class BookCreate(BaseModel):
    """What makes a book."""

    title: str = Field(min_length=1, max_length=200)
    author: str = Field(max_length=200)
    price: Decimal = Field(ge=0, max_digits=10, decimal_places=2)
    stock: int = Field(default=0, ge=0)


class BookPublic(BookCreate):
    """A book as callers see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID


class BookPage(BaseModel):
    """One page."""

    items: list[BookPublic]


async def open_session() -> AsyncIterator[AsyncSession]:
    """A session for a request."""
    async with sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(open_session)]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the table; close the connections."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@app.get("/books", response_model=BookPage)
async def list_books(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, object]:
    """A page of books."""
    rows = await session.scalars(select(Book).order_by(Book.id).limit(limit).offset(offset))
    return {"items": rows.all()}


@app.get("/books/{book_id}", response_model=BookPublic)
async def get_book(book_id: UUID, session: SessionDep) -> Book:
    """One book."""
    book = await session.get(Book, book_id)
    if book is None:
        raise HTTPException(404)
    return book


@app.post("/books", status_code=201, response_model=BookPublic)
async def create_book(data: BookCreate, session: SessionDep) -> Book:
    """A new book."""
    book = Book(**data.model_dump())
    session.add(book)
    await session.commit()
    return book
