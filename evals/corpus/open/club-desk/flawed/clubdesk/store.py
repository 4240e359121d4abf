import hashlib
import os
import secrets
import sqlite3
import time
from contextlib import closing, contextmanager

from .security import hash_password

DB = os.environ.get("CLUB_DB", "club.db")
HOURS = 2


@contextmanager
def db():
    with closing(sqlite3.connect(DB, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with db() as con:
    con.executescript(
        """CREATE TABLE IF NOT EXISTS members (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, pw TEXT NOT NULL,
             is_admin INTEGER NOT NULL DEFAULT 0, email TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '');
           CREATE TABLE IF NOT EXISTS sessions (sid_hash TEXT PRIMARY KEY, member INTEGER NOT NULL, expires REAL NOT NULL);"""
    )
    if con.execute("SELECT 1 FROM members WHERE name = 'admin'").fetchone() is None:
        con.execute(
            "INSERT INTO members (name, pw, is_admin) VALUES ('admin', ?, 1)",
            (hash_password(os.environ["CLUB_ADMIN_PASSWORD"]),),
        )


def _h(sid: str) -> str:
    return hashlib.sha256(sid.encode()).hexdigest()


def start_session(member_id: int) -> str:
    sid = secrets.token_urlsafe(32)
    with db() as con:
        con.execute("DELETE FROM sessions WHERE expires < ?", (time.time(),))
        con.execute("INSERT INTO sessions VALUES (?, ?, ?)", (_h(sid), member_id, time.time() + HOURS * 3600))
    return sid


def end_session(sid: str) -> None:
    with db() as con:
        con.execute("DELETE FROM sessions WHERE sid_hash = ?", (_h(sid),))


def session_member(sid: str) -> sqlite3.Row | None:
    with db() as con:
        return con.execute(
            "SELECT m.* FROM sessions s JOIN members m ON m.id = s.member WHERE s.sid_hash = ? AND s.expires > ?",
            (_h(sid), time.time()),
        ).fetchone()
