"""The SQLite file, one connection for each request."""

import os
import sqlite3
from typing import Annotated

from fastapi import Depends

TABLES = """
CREATE TABLE IF NOT EXISTS invoices (
  id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, discount TEXT NOT NULL, day TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS lines (
  invoice_id INTEGER NOT NULL REFERENCES invoices (id), position INTEGER NOT NULL,
  text TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, vat TEXT NOT NULL
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
