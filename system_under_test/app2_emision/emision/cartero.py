"""Sends the e-mails of `correo_saliente`, one a transaction, and notes the outcome.

The row is locked while its e-mail is on the wire. If this program dies after the server took it, the row is
still PENDIENTE and the e-mail goes out again under the same Message-ID: at least once, and tellable.
"""

import json
import random
import threading
import time
from datetime import datetime

from emision import metricas
from emision.base import BaseNoDisponible, Conexion, Cursor, Fila
from emision.configuracion import Configuracion
from emision.espera import Espera, espera_s
from emision.mensaje import componer
from emision.registro import Registro
from emision.salud import Tablero
from emision.smtp import Aplazado, Buzon, Rechazado, SinServidor

registro = Registro(__name__)

REVISAR_S = 1.0  # the event wakes this thread; the poll finds what is due again
NOOP_S = 5.0
REINTENTO_MINIMO_S, REINTENTO_MAXIMO_S = 1.0, 30.0

_POR_ENVIAR = """SELECT c.orden_id, c.destinatario, c.intentos, e.datos, e.pdf, e.pdf_creado_en
    FROM correo_saliente c JOIN entrada e ON e.orden_id = c.orden_id
    WHERE c.estado = 'PENDIENTE' AND c.proximo_intento <= UTC_TIMESTAMP(3)
    ORDER BY c.proximo_intento LIMIT 1 FOR UPDATE SKIP LOCKED"""
_ENVIADO = """UPDATE correo_saliente SET estado = 'ENVIADO', intentos = intentos + 1, ultimo_motivo = NULL,
    enviado_en = UTC_TIMESTAMP(3) WHERE orden_id = %s"""
_FALLIDO = """UPDATE correo_saliente SET estado = 'FALLIDO', intentos = intentos + 1, ultimo_motivo = %s
    WHERE orden_id = %s"""
_APLAZADO = """UPDATE correo_saliente SET intentos = intentos + 1, ultimo_motivo = %s,
    proximo_intento = UTC_TIMESTAMP(3) + INTERVAL %s MICROSECOND WHERE orden_id = %s"""
_ESTADO_ENTRADA = "UPDATE entrada SET estado = %s WHERE orden_id = %s"


class Cartero:
    """The mailing thread."""

    def __init__(
        self,
        configuracion: Configuracion,
        tablero: Tablero,
        detener: threading.Event,
        hay_correo: threading.Event,
    ) -> None:
        self._base = Conexion(configuracion.mariadb_url)
        self._buzon = Buzon(configuracion.smtp_host, configuracion.smtp_puerto)
        self._tablero, self._detener, self._hay_correo = tablero, detener, hay_correo
        self._azar = random.Random()
        self._proximo_noop = 0.0

    def correr(self) -> None:
        espera = Espera()
        with self._base:
            while not self._detener.is_set():
                self._hay_correo.clear()
                try:
                    hubo = self.enviar_uno()
                    if not hubo:
                        self._comprobar_buzon()
                except (BaseNoDisponible, SinServidor) as error:
                    self._sin_dependencia(error)
                    self._detener.wait(espera.siguiente_s())
                    continue
                espera.reiniciar()
                if not hubo:
                    self._hay_correo.wait(REVISAR_S)
        self._buzon.cerrar()

    def enviar_uno(self) -> bool:
        """Send the e-mail that has been due for longest; False when none is.

        Raises BaseNoDisponible or SinServidor, and then nothing has changed.
        """
        with self._base.transaccion() as cursor:
            cursor.execute(_POR_ENVIAR)
            fila = cursor.fetchone()
            if fila is None:
                return False
            resultado = self._enviar(cursor, fila)
        metricas.CORREOS.labels(resultado).inc()
        if resultado == "enviado":
            creada_en = datetime.fromisoformat(json.loads(fila["datos"])["creada_en"]).timestamp()
            metricas.DEMORA.labels("correo").observe(max(0.0, time.time() - creada_en))
        return True

    def _enviar(self, cursor: Cursor, fila: Fila) -> str:
        try:
            correo = componer(json.loads(fila["datos"]), fila["pdf"], fila["pdf_creado_en"])
        except Exception as error:  # noqa: BLE001 - an e-mail that can't be written must not stop the next ones
            return self._fallar(cursor, fila, f"can't be written: {error!r}")
        try:
            self._buzon.enviar(correo, fila["destinatario"])
        except Aplazado as error:
            return self._aplazar(cursor, fila, str(error))
        except Rechazado as error:
            return self._fallar(cursor, fila, str(error))
        self._tablero.anotar("correo", True, "ok")
        cursor.execute(_ENVIADO, (fila["orden_id"],))
        cursor.execute(_ESTADO_ENTRADA, ("ENVIADO", fila["orden_id"]))
        return "enviado"

    def _aplazar(self, cursor: Cursor, fila: Fila, motivo: str) -> str:
        pausa_s = espera_s(fila["intentos"], REINTENTO_MINIMO_S, REINTENTO_MAXIMO_S, self._azar)
        registro.aviso("correo_aplazado", orden_id=fila["orden_id"], motivo=motivo, pausa_s=round(pausa_s, 2))
        cursor.execute(_APLAZADO, (motivo[:500], int(pausa_s * 1e6), fila["orden_id"]))
        return "aplazado"

    def _fallar(self, cursor: Cursor, fila: Fila, motivo: str) -> str:
        registro.error("correo_fallido", orden_id=fila["orden_id"], motivo=motivo)
        cursor.execute(_FALLIDO, (motivo[:500], fila["orden_id"]))
        cursor.execute(_ESTADO_ENTRADA, ("ERROR", fila["orden_id"]))
        return "fallido"

    def _comprobar_buzon(self) -> None:
        """While there is nothing to send, see every NOOP_S that the mail server answers."""
        if time.monotonic() >= self._proximo_noop:
            self._buzon.comprobar()
            self._tablero.anotar("correo", True, "ok")
            self._proximo_noop = time.monotonic() + NOOP_S

    def _sin_dependencia(self, error: Exception) -> None:
        registro.aviso("cartero_en_espera", motivo=str(error))
        if isinstance(error, SinServidor):
            metricas.RECONEXIONES.labels("correo").inc()
            self._tablero.anotar("correo", False, str(error))
