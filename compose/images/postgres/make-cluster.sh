#!/usr/bin/env bash
# Makes the cluster that both nodes start from: roles, the `ticketflow` database, Patroni's dynamic configuration.
set -euo pipefail
data=/var/lib/postgresql/data
bin=/usr/lib/postgresql/15/bin
mkdir -p "$data"
"$bin/initdb" -D "$data" --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth=trust >/dev/null
"$bin/pg_ctl" -D "$data" -w -o "-c listen_addresses='' -c unix_socket_directories=/tmp -c wal_log_hints=on" start >/dev/null
psql -h /tmp -d postgres -v ON_ERROR_STOP=1 <<'SQL'
ALTER ROLE postgres PASSWORD 'pg';
CREATE ROLE rep REPLICATION LOGIN PASSWORD 'rep';
CREATE ROLE rew LOGIN PASSWORD 'rew';
GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean) TO rew;
CREATE ROLE ticketflow LOGIN PASSWORD 'ticketflow';
CREATE DATABASE ticketflow OWNER ticketflow;
SQL
"$bin/pg_ctl" -D "$data" -w -m fast stop >/dev/null
chmod 700 "$data"
