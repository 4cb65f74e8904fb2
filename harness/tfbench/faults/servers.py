"""Asks the servers that a fault is about: which of them run, and what a database says, within a deadline."""

from typing import Any

import psycopg
import pymysql
from docker.models.containers import Container
from psycopg.rows import dict_row
from pymysql.cursors import DictCursor

from tfbench.faults.base import Undo
from tfbench.faults.containers import present
from tfbench.platforms.probes import HOST, Ports
from tfbench.platforms.stack import Stack

PORT = {"postgres": 5432, "mariadb": 3306}
CONNECT_TIMEOUT_S = 2  # the least that libpq takes
ASK_TIMEOUT_S = 2
SERVER_ERRORS = (OSError, psycopg.Error, pymysql.Error)

Rows = list[dict[str, Any]]


def running(undo: Undo, stack: Stack) -> dict[str, Container]:
    """Those of the record's containers that run: what is set in a process's memory ends with the process."""
    return {service: container for service, container in present(undo, stack) if container.status == "running"}


def ask(role: str, service: str, ports: Ports, statement: str) -> Rows:
    """Run one statement as the server's superuser; raises one of SERVER_ERRORS."""
    run = {"postgres": _postgres, "mariadb": _mariadb}[role]
    return run(ports[service][PORT[role]], statement)


def _postgres(port: int, statement: str) -> Rows:
    with psycopg.connect(
        host=HOST, port=port, user="postgres", password="pg", dbname="postgres", connect_timeout=CONNECT_TIMEOUT_S,
        autocommit=True, row_factory=dict_row, options=f"-c statement_timeout={ASK_TIMEOUT_S}s",
    ) as connection:  # fmt: skip
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []


def _mariadb(port: int, statement: str) -> Rows:
    connection = pymysql.connect(
        host=HOST, port=port, user="root", password="raiz", ssl_disabled=True, connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=ASK_TIMEOUT_S, write_timeout=ASK_TIMEOUT_S, autocommit=True, cursorclass=DictCursor,
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
