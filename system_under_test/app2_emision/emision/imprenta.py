"""Renders the PDF of every entrada EN_PROCESO and leaves its e-mail to be sent, in one transaction.

The rows stay locked while they are rendered (`SKIP LOCKED`), so several workers share the work; one that dies
gives its rows back.
"""

import hashlib
import json
import threading
import time
from datetime import datetime
from typing import Any

from emision import metricas
from emision.base import BaseNoDisponible, Conexion, Cursor, Fila
from emision.espera import Espera
from emision.mensaje import message_id
from emision.pdf import generar_pdf
from emision.registro import Registro

registro = Registro(__name__)

LOTE = 8
REVISAR_S = 1.0  # the event wakes this thread; the poll finds what a dead worker left

_POR_HACER = """SELECT e.orden_id, e.datos, b.folio FROM entrada e JOIN boleta b ON b.orden_id = e.orden_id
    WHERE e.estado = 'EN_PROCESO' ORDER BY e.creado_en LIMIT %s FOR UPDATE SKIP LOCKED"""
_GUARDAR = """UPDATE entrada SET estado = 'EMITIDO', pdf = _binary %s, pdf_sha256 = %s,
    pdf_creado_en = UTC_TIMESTAMP(3) WHERE orden_id = %s"""
_ENCARGAR_CORREO = """INSERT INTO correo_saliente
    (orden_id, message_id, destinatario, estado, proximo_intento)
    VALUES (%s, %s, %s, 'PENDIENTE', UTC_TIMESTAMP(3))"""


class Imprenta:
    """The rendering thread."""

    def __init__(
        self,
        mariadb_url: str,
        detener: threading.Event,
        hay_entrada: threading.Event,
        hay_correo: threading.Event,
    ) -> None:
        self._base = Conexion(mariadb_url)
        self._detener, self._hay_entrada, self._hay_correo = detener, hay_entrada, hay_correo

    def correr(self) -> None:
        espera = Espera()
        with self._base:
            while not self._detener.is_set():
                self._hay_entrada.clear()
                try:
                    hechas = self.imprimir_lote()
                except BaseNoDisponible as error:
                    registro.aviso("imprenta_sin_mariadb", motivo=str(error))
                    self._detener.wait(espera.siguiente_s())
                    continue
                espera.reiniciar()
                if hechas:
                    self._hay_correo.set()
                if hechas < LOTE:
                    self._hay_entrada.wait(REVISAR_S)

    def imprimir_lote(self) -> int:
        """Render up to LOTE tickets in one transaction; return how many were settled."""
        with self._base.transaccion() as cursor:
            cursor.execute(_POR_HACER, (LOTE,))
            filas = cursor.fetchall()
            resultados = [(_imprimir(cursor, fila), fila) for fila in filas]
        for resultado, fila in resultados:
            metricas.PDF.labels(resultado).inc()
            _observar_demora(fila)
        return len(filas)


def _imprimir(cursor: Cursor, fila: Fila) -> str:
    """Render and store one ticket; a ticket that can't be rendered ends in ERROR, not in everyone's way."""
    orden_id, datos = fila["orden_id"], json.loads(fila["datos"])
    try:
        pdf = generar_pdf(datos, fila["folio"])
    except Exception:  # noqa: BLE001  whatever this ticket's data does to the renderer, the next ones must come out
        registro.error("pdf_fallido", orden_id=orden_id)
        cursor.execute("UPDATE entrada SET estado = 'ERROR' WHERE orden_id = %s", (orden_id,))
        return "error"
    cursor.execute(_GUARDAR, (pdf, hashlib.sha256(pdf).hexdigest(), orden_id))
    cursor.execute(_ENCARGAR_CORREO, (orden_id, message_id(orden_id), datos["comprador"]["correo"]))
    return "emitido"


def _observar_demora(fila: Fila) -> None:
    datos: dict[str, Any] = json.loads(fila["datos"])
    creada_en = datetime.fromisoformat(datos["creada_en"]).timestamp()
    metricas.DEMORA.labels("pdf").observe(max(0.0, time.time() - creada_en))
