import os
import sqlite3
from contextlib import closing, contextmanager

from .passwords import make

FILE = os.environ.get("LOANS_DB", "loans.db")


@contextmanager
def db():
    with closing(sqlite3.connect(FILE, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with db() as _c:
    _c.executescript(
        """
        CREATE TABLE IF NOT EXISTS readers (id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT, librarian INTEGER);
        CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, reader INTEGER, expires REAL);
        CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY, title TEXT, reader INTEGER);
        """
    )
    if not _c.execute("SELECT 1 FROM readers WHERE librarian = 1").fetchone():
        _c.execute(
            "INSERT INTO readers (name, password, librarian) VALUES ('librarian', ?, 1)",
            (make(os.environ["LOANS_LIBRARIAN_PASSWORD"]),),
        )
