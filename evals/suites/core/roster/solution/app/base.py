"""A connection in a transaction for each request, and the key."""

import hmac
import os
from typing import Annotated

import psycopg
from fastapi import Depends, Header, HTTPException, Path
from psycopg.rows import dict_row

URL = os.environ["DATABASE_URL"].replace("+asyncpg", "")
Id = Annotated[int, Path(ge=1, lt=2**63)]


def connection():
    with psycopg.connect(URL, row_factory=dict_row) as db:
        yield db


def key_needed(authorization: Annotated[str, Header()] = ""):
    wanted = f"Bearer {os.environ['ROSTER_KEY']}"
    if not hmac.compare_digest(wanted.encode(), authorization.encode()):
        raise HTTPException(401, "the key is missing or wrong")


Db = Annotated[psycopg.Connection, Depends(connection, scope="function")]


def found(row):
    if row is None:
        raise HTTPException(404, "not found")
    return row
