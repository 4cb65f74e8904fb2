"""The program inside a holder's container: opens connections until the server refuses, keeps them, takes what is freed.

    python -c PROGRAM postgres|mariadb LIFE_S

It shares the server's network, so the server is at 127.0.0.1; it connects as the application does. It ends when its
life does, whatever became of the bench. Self-contained: the image has a database client and no tfbench.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

RETRY_S = 0.2
CONNECT_TIMEOUT_S = 5


def _postgres() -> Any:
    import psycopg

    return psycopg.connect(
        "host=127.0.0.1 user=ticketflow password=ticketflow dbname=ticketflow", connect_timeout=CONNECT_TIMEOUT_S
    )


def _mariadb() -> Any:
    import pymysql

    return pymysql.connect(
        host="127.0.0.1", user="emision", password="emision", database="emision", connect_timeout=CONNECT_TIMEOUT_S
    )


def hold(
    connect: Callable[[], Any],
    life_s: float,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> list[Any]:
    """Keep every connection there is, for so long; what was held at the end."""
    held, end = [], clock() + life_s
    while clock() < end:
        try:
            held.append(connect())
        except Exception as refused:  # noqa: BLE001 - full, restarting or gone: the next one may come about
            print(f"{len(held)} held; {refused}", flush=True)
            wait(RETRY_S)
    return held


if __name__ == "__main__":
    hold({"postgres": _postgres, "mariadb": _mariadb}[sys.argv[1]], float(sys.argv[2]))
