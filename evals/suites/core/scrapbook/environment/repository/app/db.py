"""The SQLite file, one connection for each request."""

import os
import sqlite3
from typing import Annotated

from fastapi import Depends

TABLES = """
CREATE TABLE IF NOT EXISTS people (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, token TEXT UNIQUE
);
CREATE TABLE IF NOT EXISTS scraps (
  id INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER NOT NULL REFERENCES people (id),
  title TEXT NOT NULL, body TEXT NOT NULL, shared INTEGER NOT NULL DEFAULT 0
);
"""


def open_database():
    db = sqlite3.connect(os.environ["DB_PATH"], check_same_thread=False, timeout=20)
    db.row_factory = sqlite3.Row
    return db


def make_tables():
    with open_database() as db:
        db.executescript(TABLES)


def connection():
    db = open_database()
    try:
        with db:
            db.execute("BEGIN IMMEDIATE")
            yield db
    finally:
        db.close()


Db = Annotated[sqlite3.Connection, Depends(connection, scope="function")]
