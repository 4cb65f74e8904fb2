"""The mails kept, in SQLite: one row a Message-ID, and how often it came again.

`guardar` returns after a commit that reached the disk (WAL, synchronous FULL), so a 250 outlives a power cut.
"""

import hashlib
import json
import sqlite3
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

_ESQUEMA = """CREATE TABLE IF NOT EXISTS mensaje (
    n INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    orden_id TEXT,
    para TEXT NOT NULL,
    asunto TEXT NOT NULL,
    recibido_en REAL NOT NULL,
    adjuntos TEXT NOT NULL,
    repeticiones INTEGER NOT NULL DEFAULT 0,
    crudo BLOB NOT NULL
) STRICT"""
_GUARDAR = """INSERT INTO mensaje (message_id, orden_id, para, asunto, recibido_en, adjuntos, crudo)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (message_id) DO UPDATE SET repeticiones = repeticiones + 1 RETURNING repeticiones"""
_CAMPOS = "n, message_id, orden_id, para, asunto, recibido_en, adjuntos, repeticiones"
_ESPERA_S = 5.0


@dataclass(frozen=True, slots=True)
class Adjunto:
    """A file in a mail."""

    nombre: str
    tipo: str
    contenido: bytes


def leer_mensaje(crudo: bytes) -> EmailMessage:
    """Parse a mail's bytes."""
    return message_from_bytes(crudo, policy=policy.default)


def adjuntos(mensaje: EmailMessage) -> list[Adjunto]:
    """List a mail's attached files, in order."""
    return [
        Adjunto(parte.get_filename() or "sin-nombre", parte.get_content_type(), _contenido(parte))
        for parte in mensaje.iter_attachments()
    ]


def identificar(mensaje: EmailMessage, crudo: bytes) -> str:
    """The mail's Message-ID, or one made from its bytes when it has none."""
    dado = str(mensaje["Message-ID"] or "").strip()
    return dado or f"<{hashlib.sha256(crudo).hexdigest()}@sin-message-id>"


class Almacen:
    """The database file; each thread gets its own connection to it."""

    def __init__(self, carpeta: Path) -> None:
        carpeta.mkdir(parents=True, exist_ok=True)
        self._archivo = carpeta / "correo.sqlite"
        self._local = threading.local()
        self._conexion().execute(_ESQUEMA)

    def guardar(self, crudo: bytes, para: str, ahora_s: float) -> int:
        """Keep a mail, durably; return how often its Message-ID had come before (0 the first time)."""
        mensaje = leer_mensaje(crudo)
        fila = (
            identificar(mensaje, crudo),
            str(mensaje["X-Orden-Id"]) if mensaje["X-Orden-Id"] else None,
            para,
            str(mensaje["Subject"] or ""),
            ahora_s,
            json.dumps([_resumen(adjunto) for adjunto in adjuntos(mensaje)], ensure_ascii=False),
            crudo,
        )
        with self._conexion() as conexion:
            (repeticiones,) = conexion.execute(_GUARDAR, fila).fetchone()
        return int(repeticiones)

    def total(self) -> int:
        (total,) = self._conexion().execute("SELECT COUNT(*) FROM mensaje").fetchone()
        return int(total)

    def listar(self, desde: int, limite: int) -> list[dict[str, Any]]:
        """List mails with n > desde, oldest first."""
        consulta = f"SELECT {_CAMPOS} FROM mensaje WHERE n > ? ORDER BY n LIMIT ?"
        return [_publico(fila) for fila in self._conexion().execute(consulta, (desde, limite))]

    def crudo(self, n: int) -> bytes | None:
        """The bytes of mail n, as they came."""
        fila = self._conexion().execute("SELECT crudo FROM mensaje WHERE n = ?", (n,)).fetchone()
        return None if fila is None else bytes(fila["crudo"])

    def _conexion(self) -> sqlite3.Connection:
        conexion: sqlite3.Connection | None = getattr(self._local, "conexion", None)
        if conexion is None:
            conexion = sqlite3.connect(self._archivo, timeout=_ESPERA_S)
            conexion.row_factory = sqlite3.Row
            conexion.execute("PRAGMA journal_mode = WAL")
            conexion.execute("PRAGMA synchronous = FULL")
            self._local.conexion = conexion
        return conexion


def _contenido(parte: Any) -> bytes:
    contenido = parte.get_payload(decode=True)
    return contenido if isinstance(contenido, bytes) else bytes(parte)  # an attached message has no payload


def _resumen(adjunto: Adjunto) -> dict[str, Any]:
    return {
        "nombre": adjunto.nombre,
        "bytes": len(adjunto.contenido),
        "sha256": hashlib.sha256(adjunto.contenido).hexdigest(),
    }


def _publico(fila: sqlite3.Row) -> dict[str, Any]:
    return {**dict(fila), "adjuntos": json.loads(fila["adjuntos"])}
