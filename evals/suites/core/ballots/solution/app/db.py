"""The SQLite file, one connection for each request."""

import os
import sqlite3
from typing import Annotated

from fastapi import Depends

TABLES = """
CREATE TABLE IF NOT EXISTS polls (
  id TEXT PRIMARY KEY, question TEXT NOT NULL, secret_hash TEXT NOT NULL, closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS tokens (
  poll_id TEXT NOT NULL REFERENCES polls (id), hash TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (poll_id, hash)
);
CREATE TABLE IF NOT EXISTS choices (
  poll_id TEXT NOT NULL REFERENCES polls (id), number INTEGER NOT NULL, label TEXT NOT NULL,
  votes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (poll_id, number)
);
"""


def open_database():
    db = sqlite3.connect(os.environ["DB_PATH"], check_same_thread=False, timeout=20)
    db.row_factory = sqlite3.Row
    return db


def make_tables():
    with open_database() as db:
        db.executescript(TABLES)
        known = {row["name"] for row in db.execute("PRAGMA table_info(polls)")}
        for column in {"invited_only", "hidden"} - known:
            db.execute(f"ALTER TABLE polls ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


def connection():
    db = open_database()
    try:
        with db:
            db.execute("BEGIN IMMEDIATE")
            yield db
    finally:
        db.close()


Db = Annotated[sqlite3.Connection, Depends(connection, scope="function")]
