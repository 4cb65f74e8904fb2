"""The SMTP side: takes mails into the store, and misbehaves on demand.

aceptar           250 once the mail is on disk
rechazar          550 to every mail: the sender must give up
greylist          451 the first time a Message-ID comes, taken the second time
cortar_tras_data  the mail is stored, then the connection breaks without an answer: the sender can't know
"""

import asyncio
import logging
import sqlite3
import time
from enum import StrEnum

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import Counter

from correo.almacen import Almacen, identificar, leer_mensaje

registro = logging.getLogger(__name__)

ENTREGAS = Counter("correo_entregas", "Mails offered over SMTP", ["resultado"])
TAMANO_MAXIMO = 32 * 1024 * 1024


class Modo(StrEnum):
    ACEPTAR = "aceptar"
    RECHAZAR = "rechazar"
    GREYLIST = "greylist"
    CORTAR_TRAS_DATA = "cortar_tras_data"


class Buzon:
    """aiosmtpd's handler; `modo` may be changed while it serves."""

    def __init__(self, almacen: Almacen, modo: Modo = Modo.ACEPTAR) -> None:
        self.modo = modo
        self._almacen = almacen
        self._aplazados: set[str] = set()

    async def handle_DATA(self, servidor: SMTP, sesion: Session, sobre: Envelope) -> str:
        """Answer a mail, with its bytes in `sobre`."""
        crudo = sobre.original_content or b""
        if self.modo is Modo.RECHAZAR:
            ENTREGAS.labels("rechazado").inc()
            return "550 5.7.1 Mensaje rechazado"
        if self.modo is Modo.GREYLIST and self._es_nuevo(crudo):
            ENTREGAS.labels("aplazado").inc()
            return "451 4.7.1 Intente de nuevo mas tarde"
        try:
            # In a thread: waiting for the disk must not hold up the other sessions.
            repeticiones = await asyncio.to_thread(self._almacen.guardar, crudo, ", ".join(sobre.rcpt_tos), time.time())
        except sqlite3.Error:
            registro.exception("almacen_no_disponible")
            ENTREGAS.labels("error").inc()
            return "451 4.3.0 No se pudo guardar"
        ENTREGAS.labels("repetido" if repeticiones else "guardado").inc()
        if self.modo is Modo.CORTAR_TRAS_DATA and isinstance(servidor.transport, asyncio.Transport):
            servidor.transport.abort()
        return "250 2.0.0 Guardado"

    def _es_nuevo(self, crudo: bytes) -> bool:
        message_id = identificar(leer_mensaje(crudo), crudo)
        nuevo = message_id not in self._aplazados
        self._aplazados.add(message_id)
        return nuevo


def crear_servidor(buzon: Buzon, host: str, puerto: int) -> Controller:
    """Make the SMTP server; it serves in its own thread between `start()` and `stop()`."""
    return Controller(
        buzon,
        hostname=host,
        port=puerto,
        ident="TicketFlow correo",
        server_hostname="correo.ticketflow.test",  # given, or aiosmtpd asks DNS for it
        data_size_limit=TAMANO_MAXIMO,
        enable_SMTPUTF8=True,
    )
