"""Takes orders from RabbitMQ into MariaDB; a message is settled after what it asks for is on disk.

    this thread: RabbitMQ, heartbeats -> Recibido -> [Aparte: MariaDB, dead letters] -> this thread: ack

What MariaDB can't take now is held unacked and tried again in place: giving a message back costs one of its
deliveries (x-delivery-limit), and quick returns would send a paid order to the dead letters. After RETENER_S
they do go back, once, before the broker's consumer_timeout (30 min) takes them; consuming starts again when
MariaDB takes writes. What can never become a boleta goes to the dead letters at once, and costs the others
nothing. Whatever may wait long is done in a thread beside, so that heartbeats never depend on it.
"""

import threading
import time
from collections import deque
from functools import partial

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

from emision import metricas
from emision.amqp import REVISAR_S, Recibido, comprobar_consumo, con_latidos, conectar, parametros_amqp
from emision.aparte import Aparte
from emision.base import BaseNoDisponible, Conexion, DatoRechazado, comprobar_escritura
from emision.configuracion import PREFETCH, Configuracion
from emision.espera import Espera
from emision.muertas import MuertasNoDisponibles, sepultar
from emision.orden_creada import MensajeInvalido, OrdenCreada, leer_orden
from emision.recepcion import Entrega, registrar
from emision.registro import Registro
from emision.salud import Tablero

registro = Registro(__name__)

RETENER_S = 600.0
REVISAR_BASE_S = 2.0
BLOQUEO_S = 5.0
ESPERA_BASE_S = 2.0  # the longest pause before MariaDB is tried again: one connection, so it costs nobody anything


class Consumidor:
    """The receiving thread; `correr` returns when told to stop, and the message at hand is settled first."""

    def __init__(
        self,
        configuracion: Configuracion,
        tablero: Tablero,
        detener: threading.Event,
        hay_entrada: threading.Event,
    ) -> None:
        self._cola, self._muertas = configuracion.cola, configuracion.muertas
        self._parametros = parametros_amqp(configuracion.rabbitmq_url)
        self._parametros_muertas = parametros_amqp(configuracion.rabbitmq_url, bloqueo_s=BLOQUEO_S)
        self._base, self._aparte = Conexion(configuracion.mariadb_url), Aparte("consumidor-aparte")
        self._tablero, self._detener, self._hay_entrada = tablero, detener, hay_entrada
        self._pendientes: deque[Recibido] = deque()
        self._espera_muertas = Espera()
        self._proxima_revision = 0.0

    def correr(self) -> None:
        espera = Espera()
        while not self._detener.is_set():
            if not self._esperar_base():
                break
            try:
                self._consumir(espera)
            except (AMQPError, OSError) as error:
                metricas.RECONEXIONES.labels("rabbitmq").inc()
                self._tablero.anotar("rabbitmq", False, f"{type(error).__name__}: {error}")
                pausa_s = espera.siguiente_s()
                registro.aviso("rabbitmq_no_disponible", motivo=repr(error), pausa_s=round(pausa_s, 2))
                self._detener.wait(pausa_s)
        self._aparte.pedir(self._base.cerrar).result()

    def _esperar_base(self) -> bool:
        """Wait until MariaDB takes writes; False when told to stop."""
        espera = Espera(maximo_s=ESPERA_BASE_S)
        while not self._detener.is_set():
            try:
                self._aparte.pedir(self._comprobar_base).result()
            except BaseNoDisponible as error:
                self._detener.wait(self._sin_base(error, espera))
            else:
                self._tablero.anotar("mariadb", True, "ok")
                return True
        return False

    def _consumir(self, espera: Espera) -> None:
        """Consume over one connection, until told to stop or MariaDB has been away for RETENER_S."""
        self._pendientes.clear()  # what the last connection left unacked comes again
        with conectar(self._parametros) as conexion:
            canal = conexion.channel()
            canal.basic_qos(prefetch_count=PREFETCH)
            canal.basic_consume(self._cola, self._recibir)
            espera.reiniciar()
            self._tablero.anotar("rabbitmq", True, "ok")
            registro.info("consumiendo", cola=self._cola)
            while not self._detener.is_set():
                conexion.process_data_events(time_limit=0 if self._pendientes else REVISAR_S)
                comprobar_consumo(canal)
                if not self._pendientes:
                    self._revisar_base(conexion)
                elif not self._atender(conexion, canal):
                    return

    def _comprobar_base(self) -> None:
        comprobar_escritura(self._base)

    def _revisar_base(self, conexion: BlockingConnection) -> None:
        """Between messages, see every REVISAR_BASE_S whether MariaDB takes writes: health pages ask for it."""
        if time.monotonic() < self._proxima_revision:
            return
        try:
            con_latidos(conexion, self._aparte.pedir(self._comprobar_base))
        except BaseNoDisponible as error:
            self._tablero.anotar("mariadb", False, str(error))
        else:
            self._tablero.anotar("mariadb", True, "ok")
        self._proxima_revision = time.monotonic() + REVISAR_BASE_S

    def _recibir(self, _: BlockingChannel, entrega: Basic.Deliver, propiedades: BasicProperties, cuerpo: bytes) -> None:
        etiqueta = entrega.delivery_tag or 0  # the broker always gives one; 0 would never match
        clave = entrega.routing_key or ""
        self._pendientes.append(Recibido(etiqueta, entrega.redelivered, propiedades, cuerpo, clave))

    def _atender(self, conexion: BlockingConnection, canal: BlockingChannel) -> bool:
        """Settle the oldest message, holding it while MariaDB is away; False when it was held too long."""
        recibido = self._pendientes[0]
        espera, limite = Espera(maximo_s=ESPERA_BASE_S), time.monotonic() + RETENER_S
        while True:
            try:
                con_latidos(conexion, self._aparte.pedir(partial(self._resolver, recibido)))
            except BaseNoDisponible as error:
                pausa_s = self._sin_base(error, espera)
            except MuertasNoDisponibles as error:
                self._pendientes.rotate(-1)  # the sound ones behind it go first
                return not self._pausar(conexion, self._sin_muertas(error, recibido))
            else:
                canal.basic_ack(recibido.etiqueta)
                self._pendientes.popleft()
                return True
            if time.monotonic() > limite:
                registro.aviso("mensajes_devueltos", cuantos=len(self._pendientes))
                return False
            if self._pausar(conexion, pausa_s):
                return False

    def _pausar(self, conexion: BlockingConnection, pausa_s: float) -> bool:
        """Let time pass while serving heartbeats; True when told to stop."""
        hasta = time.monotonic() + pausa_s
        while (resta_s := hasta - time.monotonic()) > 0 and not self._detener.is_set():
            conexion.process_data_events(time_limit=min(resta_s, REVISAR_S))
        return self._detener.is_set()

    def _resolver(self, recibido: Recibido) -> None:
        """Store the order, or lay among the dead letters what can't be stored; then it may be acked.

        Runs beside. BaseNoDisponible and MuertasNoDisponibles leave the message unsettled.
        """
        try:
            entrega, orden = leer_mensaje(recibido)
            with self._base.transaccion() as cursor:
                folio = registrar(cursor, entrega, orden)
        except (BaseNoDisponible, MemoryError):
            raise  # nothing is wrong with the message
        except Exception as error:  # noqa: BLE001  a bug met by one message must not stop all the others
            self._sepultar(recibido, rechazo(error))
        else:
            self._tablero.anotar("mariadb", True, "ok")
            self._contar(orden, folio)

    def _sepultar(self, recibido: Recibido, motivo: MensajeInvalido) -> None:
        sepultar(self._parametros_muertas, self._muertas, recibido, str(motivo))
        self._espera_muertas.reiniciar()
        registro.error("mensaje_rechazado", mensaje_id=recibido.propiedades.message_id, motivo=str(motivo))
        metricas.MENSAJES.labels("rechazado").inc()
        metricas.MUERTAS.labels(motivo.codigo).inc()

    def _contar(self, orden: OrdenCreada, folio: int | None) -> None:
        if folio is None:
            metricas.MENSAJES.labels("repetido").inc()
            return
        self._hay_entrada.set()
        metricas.MENSAJES.labels("procesado").inc()
        metricas.DEMORA.labels("boleta").observe(max(0.0, time.time() - orden.creada_en.timestamp()))
        registro.info("boleta_emitida", orden_id=orden.orden_id, folio=folio)

    def _sin_base(self, error: BaseNoDisponible, espera: Espera) -> float:
        """Note that MariaDB is away and say how many seconds to wait."""
        metricas.RECONEXIONES.labels("mariadb").inc()
        self._tablero.anotar("mariadb", False, str(error))
        pausa_s = espera.siguiente_s()
        registro.aviso("mariadb_no_disponible", motivo=str(error), pausa_s=round(pausa_s, 2))
        return pausa_s

    def _sin_muertas(self, error: MuertasNoDisponibles, recibido: Recibido) -> float:
        """Note that a dead letter could not be laid down and say how many seconds to wait."""
        metricas.RECONEXIONES.labels("muertas").inc()
        pausa_s = self._espera_muertas.siguiente_s()
        mensaje_id = recibido.propiedades.message_id
        registro.aviso("muertas_no_disponibles", mensaje_id=mensaje_id, motivo=str(error), pausa_s=round(pausa_s, 2))
        return pausa_s


def leer_mensaje(recibido: Recibido) -> tuple[Entrega, OrdenCreada]:
    """Read a delivery, or raise MensajeInvalido."""
    mensaje_id = recibido.propiedades.message_id
    if not mensaje_id or len(mensaje_id) > 64 or not mensaje_id.isascii():
        raise MensajeInvalido("sin_message_id", f"hace falta un message_id de 1 a 64 letras ASCII, no {mensaje_id!r}")
    entrega = Entrega(mensaje_id, recibido.propiedades.delivery_mode, recibido.reentregado)
    return entrega, leer_orden(recibido.cuerpo)


def rechazo(error: Exception) -> MensajeInvalido:
    """Say why a message can never be stored."""
    if isinstance(error, MensajeInvalido):
        return error
    if isinstance(error, DatoRechazado):
        return MensajeInvalido("dato_rechazado", f"MariaDB no acepta un valor ({error})")
    return MensajeInvalido("error_inesperado", f"app2 falló con este mensaje ({error!r})")
