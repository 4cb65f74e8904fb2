"""MariaDB: one connection a thread, with deadlines, opened when needed and again after it was lost.

A transaction that fails leaves the connection closed, so the server rolls it back. When COMMIT itself times
out the outcome is unknown: every caller can repeat its transaction, as each first looks at what is there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

CONECTAR_S, LEER_S, ESCRIBIR_S = 2, 5, 5

# Shorter than the read deadline: the server gives up before the client does, and says why.
# READ COMMITTED: no gap locks between consumer and senders, and a read after a lock sees the newest row.
SESION = "SET innodb_lock_wait_timeout = 4, tx_isolation = 'READ-COMMITTED', time_zone = '+00:00'"

Cursor = DictCursor
Fila = dict[str, Any]


class BaseNoDisponible(Exception):
    """MariaDB refused, broke off or did not answer in time. Nothing is wrong with the data: try again."""


class DatoRechazado(Exception):
    """MariaDB can't store this value, now or later."""


def parametros(url: str) -> dict[str, Any]:
    """Take `mysql://user:password@host:port/database` apart into pymysql's arguments."""
    partes = urlsplit(url)
    if partes.scheme != "mysql" or not partes.hostname:
        raise ValueError(f"MARIADB_URL must read mysql://user:password@host:port/database, not {url!r}")
    return {
        "host": partes.hostname,
        "port": partes.port or 3306,
        "user": unquote(partes.username or ""),
        "password": unquote(partes.password or ""),
        "database": partes.path.lstrip("/") or None,
    }


class Conexion:
    """One thread's connection; not to be shared between threads."""

    def __init__(self, url: str, *, conectar_s: float = CONECTAR_S, leer_s: float = LEER_S) -> None:
        self._parametros = parametros(url) | {"connect_timeout": conectar_s, "read_timeout": leer_s}
        self._abierta: Connection[DictCursor] | None = None

    def __enter__(self) -> "Conexion":
        return self

    def __exit__(self, *_: object) -> None:
        self.cerrar()

    @contextmanager
    def transaccion(self) -> Iterator[Cursor]:
        """Run the block in one transaction; commit at its end, roll back when it raises.

        Raises BaseNoDisponible when MariaDB fails, DatoRechazado when it refuses a value.
        """
        try:
            conexion = self._abrir()
            with conexion.cursor() as cursor:
                yield cursor
            conexion.commit()
        except pymysql.DataError as error:
            self.cerrar()
            raise DatoRechazado(str(error)) from error
        except (pymysql.Error, OSError) as error:
            self.cerrar()
            raise BaseNoDisponible(f"{type(error).__name__}: {error}") from error
        except BaseException:
            self.cerrar()
            raise

    def cerrar(self) -> None:
        """Drop the connection; an open transaction is rolled back by the server."""
        if self._abierta is not None:
            self._abierta.close()
            self._abierta = None

    def _abrir(self) -> "Connection[DictCursor]":
        if self._abierta is None:
            self._abierta = pymysql.connect(
                **self._parametros,
                ssl_disabled=True,  # else each connection reads every CA certificate there is
                charset="utf8mb4",
                cursorclass=DictCursor,
                init_command=SESION,
                write_timeout=ESCRIBIR_S,
            )
        return self._abierta


def comprobar_escritura(conexion: Conexion) -> None:
    """Prove that MariaDB takes writes: a demoted primary answers SELECT but refuses this; changes nothing."""
    with conexion.transaccion() as cursor:
        cursor.execute("UPDATE folio_contador SET siguiente = siguiente WHERE tipo_dte = 39")
