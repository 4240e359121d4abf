#!/bin/sh
# usage: start-postgres [DATABASE [ROLE PASSWORD]]
# Starts PostgreSQL on 127.0.0.1:5432 (superuser postgres, no password) unless it is running, and
# makes the database and an unprivileged role that owns it unless they exist.
set -eu
data=/tmp/postgres
export PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres

if ! pg_isready -q; then
    rm -rf "$data"
    cp -R /usr/lib/postgresql/cluster "$data"
    chmod -R go-rwx "$data"
    setsid postgres -D "$data" </dev/null >"$data.log" 2>&1 &
    tries=0
    until pg_isready -q; do
        tries=$((tries + 1))
        if [ "$tries" -gt 500 ] || ! kill -0 $! 2>/dev/null; then
            tail -n 20 "$data.log" >&2
            exit 1
        fi
        sleep 0.02
    done
fi

[ $# -ge 1 ] || exit 0
psql -qAt -v ON_ERROR_STOP=1 -v database="$1" -v role="${2:-postgres}" -v password="${3:-}" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'role', :'password') WHERE :'role' <> 'postgres' \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SQL
