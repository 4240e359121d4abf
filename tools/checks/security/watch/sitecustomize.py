"""Runs in the app's process: notes where marked input (`zq17z`) arrives.

What it writes is only ever taken as an accusation, never as an excuse: an app that silences it
hides nothing from the probes that look at answers.
"""

import json
import os
import re
import socket
import sqlite3
import sys
import threading
import time

MARK = re.compile(r"zq\d+z")
FILE_EVENTS = frozenset(
    [
        "open",
        "os.remove",
        "os.rename",
        "os.mkdir",
        "os.rmdir",
        "os.listdir",
        "os.scandir",
        "shutil.rmtree",
        "shutil.copyfile",
        "shutil.move",
        "os.link",
        "os.symlink",
    ]
)
MAX_NOTES = 5000
HOLD_S = 2.0
DATABASES: set[str] = set()
"""Files of SQLite that the app opened."""


class Notes:
    """The file that the notes go to."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._left = MAX_NOTES

    def note(self, event: str, text: str) -> None:
        """Write a line when the text holds a mark."""
        if self._left > 0 and MARK.search(text):
            self._left -= 1
            line = json.dumps({"event": event, "text": text[:2000]})
            os.write(self._file, line.encode("utf-8", "replace") + b"\n")


def text_of(value: object) -> str:
    """The value as text, bytes decoded."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def code_texts(code: object) -> str:
    """Names and constants of compiled code."""
    parts = getattr(code, "co_names", ()) + getattr(code, "co_consts", ())
    name = getattr(code, "co_filename", "")
    return " ".join([name, *(text_of(part) for part in parts)])


def watch(notes: Notes) -> None:
    """Listen to the interpreter's own audit events."""

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event in FILE_EVENTS:
            mode = text_of(args[1]) if event == "open" and len(args) > 1 else ""
            where = (
                args[:2] if event in ("os.rename", "shutil.copyfile", "shutil.move") else args[:1]
            )
            for path in where:
                notes.note("file", f"{event} {mode or '-'} {text_of(path)}")
        elif event == "os.system":
            notes.note("shell", text_of(args[0]))
        elif event == "subprocess.Popen":
            notes.note("process", json.dumps([text_of(word) for word in words(args[1])]))
        elif event == "exec":
            notes.note("code", code_texts(args[0]))
        elif event == "pickle.find_class":
            notes.note("unpickled", f"{args[0]}.{args[1]}")
        elif event == "marshal.loads":
            notes.note("unpickled", text_of(args[0]))

    sys.addaudithook(hook)


def words(args: object) -> list[object]:
    """A command's words."""
    return list(args) if isinstance(args, list | tuple) else [args]


def remember_database(path: object) -> None:
    """Note the file, unless the database is in memory."""
    text = text_of(path) or str(path)
    if ":memory:" not in text and "mode=memory" not in text:
        DATABASES.add(text)


def watch_sqlite(notes: Notes) -> None:
    """Hand out connections that note the text of statements, without the bound values."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
            notes.note("sql", sql)
            return super().execute(sql, *args)

        def executemany(self, sql: str, *args: object) -> sqlite3.Cursor:
            notes.note("sql", sql)
            return super().executemany(sql, *args)

        def executescript(self, sql: str) -> sqlite3.Cursor:
            notes.note("sql", sql)
            return super().executescript(sql)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: type = Cursor) -> sqlite3.Cursor:
            return super().cursor(factory)

        def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
            notes.note("sql", sql)
            return super().execute(sql, *args)

        def executemany(self, sql: str, *args: object) -> sqlite3.Cursor:
            notes.note("sql", sql)
            return super().executemany(sql, *args)

        def executescript(self, sql: str) -> sqlite3.Cursor:
            notes.note("sql", sql)
            return super().executescript(sql)

    original = sqlite3.connect

    def connect(*args: object, **named: object) -> sqlite3.Connection:
        remember_database(args[0] if args else named.get("database"))
        if len(args) < 6:
            named.setdefault("factory", Connection)
        return original(*args, **named)

    sqlite3.connect = connect
    sqlite3.dbapi2.connect = connect


def hold_on_request(port: int) -> None:
    """Whoever connects gets every SQLite database locked against writers for a moment.

    Requests that look first and write later then all look before any of them writes.
    """
    server = socket.create_server(("127.0.0.1", port))
    while True:
        peer, _ = server.accept()
        held = []
        for path in list(DATABASES):
            try:
                held.append(sqlite3.Connection(path, timeout=1, isolation_level=None))
                held[-1].execute("BEGIN IMMEDIATE")
            except sqlite3.Error:
                continue
        peer.sendall(b"held")
        time.sleep(HOLD_S)
        for connection in held:
            connection.close()
        peer.close()


target = os.environ.get("ZQ_SEEN")
if target:
    journal = Notes(target)
    watch(journal)
    watch_sqlite(journal)
if os.environ.get("ZQ_HOLD"):
    threading.Thread(
        target=hold_on_request, args=(int(os.environ["ZQ_HOLD"]),), daemon=True
    ).start()
