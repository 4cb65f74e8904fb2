"""Takes an order in: inbox row, folio, boleta and entrada in the caller's transaction, all or none."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from emision.base import BaseNoDisponible, Cursor
from emision.boleta import TIPO_DTE, emitir_boleta
from emision.orden_creada import OrdenCreada


@dataclass(frozen=True, slots=True)
class Entrega:
    """How a message came; what the inbox keeps of its delivery."""

    mensaje_id: str
    modo_entrega: int | None  # AMQP delivery_mode; 2 is persistent
    reentregado: bool


def registrar(cursor: Cursor, entrega: Entrega, orden: OrdenCreada) -> int | None:
    """Write what an order needs; return its folio, or None when the message or the order was there already.

    The counter's lock comes first, so receivers run one after the other and what is read next is settled.
    """
    folio = _tomar_folio(cursor)
    if _existe(cursor, "mensaje_recibido", "mensaje_id", entrega.mensaje_id):
        return None
    orden_id, ahora = str(orden.orden_id), datetime.now(UTC).replace(tzinfo=None)
    cursor.execute(
        "INSERT INTO mensaje_recibido (mensaje_id, orden_id, modo_entrega, reentregado, recibido_en)"
        " VALUES (%s, %s, %s, %s, %s)",
        (entrega.mensaje_id, orden_id, entrega.modo_entrega, entrega.reentregado, ahora),
    )
    if _existe(cursor, "boleta", "orden_id", orden_id):
        return None
    documento = emitir_boleta(orden, folio, entrega.mensaje_id, ahora)
    cursor.execute(
        "INSERT INTO boleta (orden_id, tipo_dte, folio, documento, total, emitida_en) VALUES (%s, %s, %s, %s, %s, %s)",
        (orden_id, TIPO_DTE, folio, _json(documento), orden.total, ahora),
    )
    cursor.execute(
        "INSERT INTO entrada (orden_id, estado, datos, creado_en) VALUES (%s, 'EN_PROCESO', %s, %s)",
        (orden_id, _json(orden.datos()), ahora),
    )
    cursor.execute("UPDATE folio_contador SET siguiente = %s WHERE tipo_dte = %s", (folio + 1, TIPO_DTE))
    return folio


def _tomar_folio(cursor: Cursor) -> int:
    cursor.execute("SELECT siguiente FROM folio_contador WHERE tipo_dte = %s FOR UPDATE", (TIPO_DTE,))
    fila = cursor.fetchone()
    if fila is None:
        raise BaseNoDisponible(f"folio_contador has no row for type {TIPO_DTE}; the migration writes it")
    return int(fila["siguiente"])


def _existe(cursor: Cursor, tabla: str, columna: str, valor: str) -> bool:
    cursor.execute(f"SELECT 1 FROM {tabla} WHERE {columna} = %s", (valor,))
    return cursor.fetchone() is not None


def _json(valor: dict[str, object]) -> str:
    return json.dumps(valor, ensure_ascii=False)
