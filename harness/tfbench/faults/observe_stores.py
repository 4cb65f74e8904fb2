"""Observations of faults of stores: what the servers say and do when asked from outside, or as their own user."""

import time
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql
import requests
from docker.errors import APIError

from tfbench.faults.base import Undo
from tfbench.observer import Observer
from tfbench.platforms.probes import BROKER_AUTH
from tfbench.platforms.servers import CONNECT_TIMEOUT_S, HOST, PORT, SERVER_ERRORS, ask
from tfbench.platforms.stack import Stack

if TYPE_CHECKING:  # observe.py imports this file
    from tfbench.faults.observe import Baseline

API_TIMEOUT_S = 1.0
NO_SPACE = "No space left on device"
MARIADB_TOO_MANY = 1040
# libpq gives no SQLSTATE for a connection that was refused: these are the texts of 53300.
POSTGRES_TOO_MANY = ("connection slots are reserved", "too many clients already", "too many connections")
STANDBY = """SELECT pg_last_wal_receive_lsn()::text AS received, pg_last_wal_replay_lsn()::text AS applied,
    pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() AS behind WHERE pg_is_in_recovery()"""
STILL_S = 0.3


def disk_is_full(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """A small file written into the data folder, by the server's own user, is refused for want of space."""
    lines = []
    for service, disk in undo.details["disks"].items():
        probe = f"{disk['path']}/.tfbench-probe"
        script = f"LC_ALL=C dd if=/dev/zero of={probe} bs=4096 count=1 conv=fsync status=none; rm -f {probe}"
        try:
            said: Any = stack.client.containers.get(undo.containers[service]).exec_run(["sh", "-c", script]).output
        except APIError:  # it died of it, and may come back
            return None
        if NO_SPACE not in said.decode():
            return None
        lines.append(f"{service}: 4096 bytes into {disk['path']}: {NO_SPACE}")
    return ", ".join(lines)


def memory_alarm_raised(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """The broker's management API lists an alarm of memory."""
    lines = []
    for service in undo.containers:
        try:
            address = f"http://{HOST}:{stack.ports()[service][15672]}/api/health/checks/alarms"
            alarms = requests.get(address, auth=BROKER_AUTH, timeout=API_TIMEOUT_S).json().get("alarms", [])
        except (requests.RequestException, ValueError):
            return None
        nodes = [str(alarm["node"]) for alarm in alarms if alarm.get("resource") == "memory"]
        if not nodes:
            return None
        lines.append(f"memory alarm on {', '.join(nodes)}")
    return ", ".join(lines)


def replication_stopped(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """Each follower's own status: it receives, and has stopped applying."""
    seen = {"mariadb": _replica_stopped, "postgres": _standby_stopped}[undo.details["role"]]
    lines = []
    for service in undo.containers:
        try:
            line = seen(service, stack)
        except SERVER_ERRORS:
            return None
        if line is None:
            return None
        lines.append(f"{service}: {line}")
    return ", ".join(lines)


def _replica_stopped(service: str, stack: Stack) -> str | None:
    rows = ask("mariadb", service, stack.ports(), "SHOW SLAVE STATUS")
    if not rows or rows[0]["Slave_SQL_Running"] != "No":
        return None
    return f"SQL thread not running, IO thread {rows[0]['Slave_IO_Running']}, received {rows[0]['Gtid_IO_Pos']}"


def _standby_stopped(service: str, stack: Stack) -> str | None:
    """It has more than it has applied, and a moment later it has applied no more: one that is only busy moves on."""
    first = ask("postgres", service, stack.ports(), STANDBY)
    time.sleep(STILL_S)
    then = ask("postgres", service, stack.ports(), STANDBY)
    if not first or not then or not first[0]["behind"] or first[0]["applied"] != then[0]["applied"]:
        return None
    return f"received {then[0]['received']}, applied {then[0]['applied']} and no more for {STILL_S} s"


def connections_refused(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """A new connection as the application's user is refused for the number there are."""
    refused = {"mariadb": _mariadb_refuses, "postgres": _postgres_refuses}[undo.details["role"]]
    lines = []
    for service in undo.containers:
        line = refused(stack.ports()[service][PORT[undo.details["role"]]])
        if line is None:
            return None
        lines.append(f"{service}: {line}")
    return ", ".join(lines)


def _mariadb_refuses(port: int) -> str | None:
    try:
        pymysql.connect(
            host=HOST, port=port, user="emision", password="emision", database="emision",
            connect_timeout=CONNECT_TIMEOUT_S, read_timeout=CONNECT_TIMEOUT_S,
        ).close()  # fmt: skip
    except pymysql.Error as error:
        return f"{error.args[0]} {error.args[1]}" if error.args[0] == MARIADB_TOO_MANY else None
    except OSError:
        return None
    return None


def _postgres_refuses(port: int) -> str | None:
    try:
        psycopg.connect(
            host=HOST, port=port, user="ticketflow", password="ticketflow", dbname="ticketflow",
            connect_timeout=CONNECT_TIMEOUT_S,
        ).close()  # fmt: skip
    except psycopg.OperationalError as error:
        return postgres_too_many(str(error))
    return None


def postgres_too_many(text: str) -> str | None:
    """The server's own words, when they say that it has no connection left."""
    if not any(words in text for words in POSTGRES_TOO_MANY):
        return None
    return f"53300 {text.rpartition('FATAL:')[2].strip()}"
