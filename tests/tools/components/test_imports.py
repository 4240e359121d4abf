"""Imports are those that the code uses, in ruff's order."""

from tools.components.imports import add_imports
from tools.components.vocabulary import VOCABULARY

ORIGINS = VOCABULARY | {
    "Book": "from app.books.models import Book",
    "book_service": "from app.books import service as book_service",
}


def test_sections_and_members_are_sorted() -> None:
    source = '''"""Doc."""

x: Annotated[UUID, Any] = select(Book, JSONB, Select, dt.date, book_service, sa.text)
'''
    assert (
        add_imports(source, ORIGINS)
        == '''"""Doc."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import JSONB

from app.books import service as book_service
from app.books.models import Book

x: Annotated[UUID, Any] = select(Book, JSONB, Select, dt.date, book_service, sa.text)
'''
    )


def test_definitions_stand_two_lines_below() -> None:
    assert add_imports("def f() -> UUID: ...\n", ORIGINS) == (
        "from uuid import UUID\n\n\ndef f() -> UUID: ...\n"
    )


def test_a_name_that_the_file_binds_is_not_imported() -> None:
    source = "def text(select: int) -> int:\n    delete = select\n    return delete\n"
    assert add_imports(source, ORIGINS) == source


def test_an_attribute_of_a_class_hides_nothing() -> None:
    source = "class A:\n    select: int\n\n\nx = select(1)\n"
    assert add_imports(source, ORIGINS).startswith("from sqlalchemy import select\n")


def test_long_imports_are_broken() -> None:
    names = (
        "BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, LargeBinary, MetaData, Uuid"
    )
    block = add_imports(f"x = ({names})\n", ORIGINS)
    assert block.startswith("from sqlalchemy import (\n    BigInteger,\n    Boolean,\n")
