#!/usr/bin/env bash
# Starts a node: ID is its server id; with PRIMARIO set it replicates from there, read-only.
set -euo pipefail
args=(--server-id="${ID:?}" --report-host="$HOSTNAME")
if [ -n "${PRIMARIO:-}" ]; then
  args+=(--read-only=ON)
  if [ ! -f /var/lib/mysql/master.info ]; then
    cat > /tmp/replicate.sql <<SQL
CHANGE MASTER TO MASTER_HOST='$PRIMARIO', MASTER_USER='replica', MASTER_PASSWORD='replica',
  MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1;
START SLAVE;
SQL
    args+=(--init-file=/tmp/replicate.sql)
  fi
fi
exec mariadbd "${args[@]}"
