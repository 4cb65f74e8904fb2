#!/usr/bin/env bash
# Makes the data folder that both nodes start from. Nothing of it is in a binary log: both begin at an empty GTID.
set -euo pipefail
mariadb-install-db --auth-root-authentication-method=normal --skip-test-db --skip-log-bin >/dev/null
mariadbd --skip-networking --skip-log-bin --rpl-semi-sync-master-enabled=OFF --socket=/tmp/make.sock &
for _ in $(seq 100); do mariadb-admin --socket=/tmp/make.sock -uroot ping >/dev/null 2>&1 && break; sleep 0.2; done
mariadb --socket=/tmp/make.sock -uroot < /opt/users.sql
mariadb-admin --socket=/tmp/make.sock -uroot shutdown
wait
rm -f /var/lib/mysql/*.err
