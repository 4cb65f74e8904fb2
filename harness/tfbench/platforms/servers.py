"""Asks the database servers themselves, within a deadline: what they hold, who leads, who follows.

ask("mariadb", "mariadb2", ports, "SHOW SLAVE STATUS") -> rows      patroni(port) -> what Patroni says of its node
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pymysql
import requests
from psycopg.rows import dict_row
from pymysql.cursors import DictCursor
from requests.adapters import HTTPAdapter

HOST = "127.0.0.1"
PORT = {"postgres": 5432, "mariadb": 3306}
PATRONI_PORT = 8008
CONNECT_TIMEOUT_S = 2  # the least that libpq takes
ASK_TIMEOUT_S = 2
SERVER_ERRORS = (OSError, psycopg.Error, pymysql.Error)

Ports = dict[str, dict[int, int]]
Rows = list[dict[str, Any]]

# One pool of connections for every look at a service: a fresh session each time costs more than the answer does.
HTTP = requests.Session()
HTTP.trust_env = False  # the services are on this machine: no proxy to look up
HTTP.mount("http://", HTTPAdapter(pool_connections=64, pool_maxsize=16))


def nodes(role: str, services: Iterable[str]) -> list[str]:
    """The servers of a role, `postgres` or `mariadb`, among these services, by name."""
    return sorted(service for service in services if service.startswith(role))


def ask(role: str, service: str, ports: Ports, statement: str) -> Rows:
    """Run one statement as the server's superuser; raises one of SERVER_ERRORS."""
    run = {"postgres": _ask_postgres, "mariadb": _ask_mariadb}[role]
    return run(ports[service][PORT[role]], statement)


@contextmanager
def mariadb(
    port: int,
    *,
    database: str | None = None,
    connect_timeout_s: int = CONNECT_TIMEOUT_S,
    timeout_s: int = ASK_TIMEOUT_S,
) -> Iterator[DictCursor]:
    """A cursor of MariaDB's superuser, whose statements commit by themselves."""
    connection = pymysql.connect(
        host=HOST, port=port, user="root", password="raiz", database=database, connect_timeout=connect_timeout_s,
        read_timeout=timeout_s, write_timeout=timeout_s, autocommit=True, cursorclass=DictCursor,
        ssl_disabled=True,  # else each connection reads every CA certificate there is
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        yield cursor


def patroni(port: int, timeout_s: float) -> dict[str, Any]:
    """What the Patroni on this port says of its node; raises `requests.RequestException`, ValueError for garbage."""
    state: dict[str, Any] = HTTP.get(f"http://{HOST}:{port}/patroni", timeout=timeout_s).json()
    return state


def patroni_states(ports: Ports, timeout_s: float) -> dict[str, dict[str, Any]]:
    """What the Patroni of each PostgreSQL node among these says; who does not answer is missing."""
    states = {}
    for node in nodes("postgres", ports):
        try:
            states[node] = patroni(ports[node][PATRONI_PORT], timeout_s)
        except (requests.RequestException, ValueError):
            continue
    return states


def leader_of(states: dict[str, dict[str, Any]]) -> str | None:
    """The node that leads, from what each says.

    A frozen leader that wakes up says for some seconds more that it leads, on the timeline that ended without it:
    the newest timeline leads.
    """
    timelines = {node: int(state.get("timeline") or 0) for node, state in states.items() if leads(state)}
    return max(timelines, key=lambda node: timelines[node], default=None)


def leads(state: dict[str, Any]) -> bool:
    """Whether a node's Patroni says that it leads; older ones say it with another word."""
    return state.get("role") in {"primary", "master"}


def may_take_over(state: dict[str, Any]) -> bool:
    """Whether a standby is one of those that Patroni may promote without losing what was acknowledged.

    The leader's PostgreSQL calls a standby synchronous up to two seconds before Patroni has that in etcd; until then
    nobody takes over.
    """
    return bool(state.get("sync_standby") or state.get("quorum_standby"))


def _ask_postgres(port: int, statement: str) -> Rows:
    with psycopg.connect(
        host=HOST, port=port, user="postgres", password="pg", dbname="postgres", connect_timeout=CONNECT_TIMEOUT_S,
        autocommit=True, row_factory=dict_row, options=f"-c statement_timeout={ASK_TIMEOUT_S}s",
    ) as connection:  # fmt: skip
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []


def _ask_mariadb(port: int, statement: str) -> Rows:
    with mariadb(port) as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
