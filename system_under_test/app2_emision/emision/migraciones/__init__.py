"""The schema, as numbered SQL files applied once and in order.

MariaDB's DDL does not roll back, so every statement can be repeated (`IF NOT EXISTS`, `OR REPLACE`), and a
file counts as applied only after its last one. The lock is `GET_LOCK`, which the server frees when its holder
dies; migration libraries such as yoyo keep theirs in a table row that outlives a SIGKILL.
"""

import re
import threading
from importlib import resources

from emision.base import BaseNoDisponible, Conexion, Cursor
from emision.espera import Espera
from emision.registro import Registro

registro = Registro(__name__)

LOCK_S = 3  # below the connection's read deadline
_CREAR_VERSION = """CREATE TABLE IF NOT EXISTS esquema_version (
    version INT PRIMARY KEY, archivo VARCHAR(100) NOT NULL, aplicada_en DATETIME(3) NOT NULL) ENGINE=InnoDB"""


def archivos() -> list[tuple[int, str, str]]:
    """List (version, file name, SQL) of every migration in order."""
    carpeta = resources.files(__name__)
    nombres = sorted(f.name for f in carpeta.iterdir() if f.name.endswith(".sql"))
    return [(int(n.split("_")[0]), n, carpeta.joinpath(n).read_text("utf-8")) for n in nombres]


def sentencias(sql: str) -> list[str]:
    """Split a file into statements; the files hold no `;` inside a statement."""
    sin_comentarios = re.sub(r"^\s*--.*$", "", sql, flags=re.MULTILINE)
    return [s.strip() for s in sin_comentarios.split(";") if s.strip()]


def migrar(conexion: Conexion) -> list[str]:
    """Bring the schema up to date and return the files applied; BaseNoDisponible when it can't now."""
    with conexion.transaccion() as cursor:
        _tomar_lock(cursor)
        cursor.execute(_CREAR_VERSION)
        cursor.execute("SELECT COALESCE(MAX(version), 0) AS version FROM esquema_version")
        actual = (cursor.fetchone() or {"version": 0})["version"]
        aplicadas = [_aplicar(cursor, *migracion) for migracion in archivos() if migracion[0] > actual]
        cursor.execute("SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.migraciones'))")
    return aplicadas


def migrar_con_espera(mariadb_url: str, detener: threading.Event) -> bool:
    """Migrate, waiting for MariaDB as long as it takes; False when told to stop before it was done."""
    espera = Espera()
    with Conexion(mariadb_url) as conexion:
        while not detener.is_set():
            try:
                registro.info("esquema_listo", aplicadas=migrar(conexion))
                return True
            except BaseNoDisponible as error:
                pausa_s = espera.siguiente_s()
                registro.aviso("esquema_espera_mariadb", motivo=str(error), pausa_s=round(pausa_s, 2))
                detener.wait(pausa_s)
    return False


def esquema_listo(cursor: Cursor) -> bool:
    """Whether this program's newest migration is there."""
    cursor.execute("SELECT MAX(version) AS version FROM esquema_version")
    fila = cursor.fetchone()
    return fila is not None and (fila["version"] or 0) >= archivos()[-1][0]


def _tomar_lock(cursor: Cursor) -> None:
    cursor.execute("SELECT GET_LOCK(CONCAT(DATABASE(), '.migraciones'), %s) AS tomado", (LOCK_S,))
    fila = cursor.fetchone()
    if fila is None or fila["tomado"] != 1:
        raise BaseNoDisponible("another program is migrating the schema")


def _aplicar(cursor: Cursor, version: int, archivo: str, sql: str) -> str:
    for sentencia in sentencias(sql):
        cursor.execute(sentencia)
    cursor.execute("INSERT INTO esquema_version VALUES (%s, %s, UTC_TIMESTAMP(3))", (version, archivo))
    return archivo
