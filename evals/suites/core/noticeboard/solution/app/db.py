"""The SQLite file, one connection for each request."""

import os
import sqlite3
from typing import Annotated

from fastapi import Depends

TABLES = """
CREATE TABLE IF NOT EXISTS notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT, board TEXT NOT NULL, text TEXT NOT NULL, posted_at INTEGER NOT NULL,
  pinned INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS reads (
  reader TEXT NOT NULL, board TEXT NOT NULL, up_to INTEGER NOT NULL, PRIMARY KEY (reader, board)
);
CREATE TABLE IF NOT EXISTS reads_by_id (
  reader TEXT NOT NULL, board TEXT NOT NULL, last_id INTEGER NOT NULL, PRIMARY KEY (reader, board)
);
-- Times of the old version: what was posted in the second of the mark counts as unseen.
INSERT OR IGNORE INTO reads_by_id
SELECT reader, board, (
  SELECT coalesce(max(id), 0) FROM notices WHERE notices.board = reads.board AND posted_at < up_to
) FROM reads;
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
