"""The SQLite file, one connection for each request."""

import os
import sqlite3
from typing import Annotated

from fastapi import Depends

TABLES = """
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'guest',
  active INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS doors (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, opened INTEGER NOT NULL DEFAULT 0);
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
