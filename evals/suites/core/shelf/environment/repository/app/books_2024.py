"""The database as it was exported in 2024. Do not edit."""

import os
import sqlite3

EXPORT = """
CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, author TEXT NOT NULL, year INTEGER);
INSERT INTO books (title, author, year) VALUES ('The Machine Stops', 'E. M. Forster', 1909);
INSERT INTO books (title, author, year) VALUES ('Mathilda', 'Mary Shelley', NULL);
"""

if __name__ == "__main__":
    sqlite3.connect(os.environ["DB_PATH"]).executescript(EXPORT)
