#!/bin/sh
# Runs once, as root, when the image is built: an initialized cluster that start-postgres copies.
# Nothing in it outlives a sandbox, so every durability setting is off.
set -eu
cluster=/usr/lib/postgresql/cluster
install -d -o 1000 -g 1000 "$cluster"
setpriv --reuid 1000 --regid 1000 --clear-groups /usr/lib/postgresql/current/bin/initdb \
    --pgdata "$cluster" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 \
    --wal-segsize 1 --no-sync >/dev/null
cat >>"$cluster/postgresql.conf" <<'SETTINGS'
listen_addresses = '127.0.0.1'
unix_socket_directories = '/tmp'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 2MB
max_wal_size = 64MB
shared_buffers = 32MB
max_connections = 50
jit = off
autovacuum = off
SETTINGS
chmod -R a+rX "$cluster" # copied by whatever user the sandbox runs as
