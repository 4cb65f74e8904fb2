#!/bin/sh
# Runs a command beside a throw-away PostgreSQL on 127.0.0.1:5432 and etcd on 127.0.0.1:2379 (no data is kept).
set -eu
install -d -o postgres /tmp/pg
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
bin=/usr/lib/postgresql/15/bin
as $bin/initdb -D /tmp/pg/data --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
as $bin/pg_ctl -D /tmp/pg/data -w -l /tmp/pg/log -o "-c unix_socket_directories=/tmp -c max_connections=200" start >/dev/null
# It listens on 127.0.0.1:2379 by default. Nothing in it has to outlive a crash: no fsync, whatever the disk.
etcd --unsafe-no-fsync --data-dir /tmp/etcd >/tmp/etcd.log 2>&1 &
export TICKETFLOW_PRUEBA_ETCD=127.0.0.1:2379
"$@"
