"""Takes an order in: inbox row, folio, boleta and entrada in the caller's transaction, all or none."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emision.base import BaseNoDisponible, Cursor
from emision.boleta import TIPO_DTE, detalle, emitir_boleta
from emision.orden_creada import MensajeInvalido, OrdenCreada


@dataclass(frozen=True, slots=True)
class Entrega:
    """How a message came; what the inbox keeps of its delivery."""

    mensaje_id: str
    modo_entrega: int | None  # AMQP delivery_mode; 2 is persistent
    reentregado: bool


def registrar(cursor: Cursor, entrega: Entrega, orden: OrdenCreada) -> int | None:
    """Write what an order needs; return its folio, or None when the message or the order was there already.

    The counter's lock comes first, so receivers run one after the other and what is read next is settled.
    Raises MensajeInvalido when the message contradicts what was issued.
    """
    folio = _tomar_folio(cursor)
    orden_id, ahora = str(orden.orden_id), datetime.now(UTC).replace(tzinfo=None)
    es_repetido = _es_repetido(cursor, entrega.mensaje_id, orden_id)
    esta_emitida = _esta_emitida(cursor, orden)
    if es_repetido:
        return None
    cursor.execute(
        "INSERT INTO mensaje_recibido (mensaje_id, orden_id, modo_entrega, reentregado, recibido_en)"
        " VALUES (%s, %s, %s, %s, %s)",
        (entrega.mensaje_id, orden_id, entrega.modo_entrega, entrega.reentregado, ahora),
    )
    if esta_emitida:
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


def _es_repetido(cursor: Cursor, mensaje_id: str, orden_id: str) -> bool:
    cursor.execute("SELECT orden_id FROM mensaje_recibido WHERE mensaje_id = %s", (mensaje_id,))
    fila = cursor.fetchone()
    if fila is not None and fila["orden_id"] != orden_id:
        raise MensajeInvalido("mensaje_id_repetido", f"con este message_id ya llegó la orden {fila['orden_id']}")
    return fila is not None


def _esta_emitida(cursor: Cursor, orden: OrdenCreada) -> bool:
    """Whether the order has its boleta; one that says something else makes the message invalid."""
    cursor.execute(
        "SELECT b.folio, b.documento, e.datos FROM boleta b JOIN entrada e ON e.orden_id = b.orden_id"
        " WHERE b.orden_id = %s",
        (str(orden.orden_id),),
    )
    fila = cursor.fetchone()
    if fila is None:
        return False
    if distintos := contradicciones(json.loads(fila["datos"]), json.loads(fila["documento"]), orden):
        texto = f"la boleta {fila['folio']} de esta orden dice otra cosa en {', '.join(distintos)}"
        raise MensajeInvalido("contradice_emitida", texto)
    return True


def contradicciones(datos: dict[str, Any], documento: dict[str, Any], orden: OrdenCreada) -> list[str]:
    """Name what an issued order's `entrada.datos` and boleta say otherwise than this message."""
    distintos = [campo for campo, valor in orden.datos().items() if datos.get(campo) != valor]
    # The lines hold what `datos` does not: tax, producer, type of ticket.
    return distintos or (["detalle"] if documento["Detalle"] != detalle(orden) else [])


def _json(valor: dict[str, object]) -> str:
    return json.dumps(valor, ensure_ascii=False)
