#!/bin/sh
set -eu
[ -f "$DB_PATH" ] || python -m app.books_2024
exec uvicorn app.main:app --host 127.0.0.1 --port 8000
