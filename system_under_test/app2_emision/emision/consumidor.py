"""Takes orders from RabbitMQ into MariaDB; a message is acked after its transaction has committed.

While MariaDB is away the messages at hand stay unacked and are tried again in place, with the broker's
heartbeats served in between: giving one back costs one of its 20 deliveries, and 20 quick returns would send
a paid order to the dead letters. After RETENER_S they do go back, once, before the broker's consumer_timeout
(30 min) takes them; consuming starts again when MariaDB takes writes.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPChannelError, AMQPConnectionError, AMQPError
from pika.spec import Basic, BasicProperties

from emision import metricas
from emision.base import BaseNoDisponible, Conexion, DatoRechazado, comprobar_escritura
from emision.configuracion import PREFETCH, Configuracion
from emision.espera import Espera
from emision.orden_creada import MensajeInvalido, OrdenCreada, leer_orden
from emision.recepcion import Entrega, registrar
from emision.registro import Registro
from emision.salud import Tablero

registro = Registro(__name__)

LATIDO_S = 15  # longer than one MariaDB deadline (2 s + 5 s), during which no heartbeat is served
RETENER_S = 600.0
REVISAR_S = 0.5  # how soon a stop is noticed while no message comes
REVISAR_BASE_S = 2.0


@dataclass(frozen=True, slots=True)
class Recibido:
    """A message not settled yet."""

    etiqueta: int
    reentregado: bool
    propiedades: BasicProperties
    cuerpo: bytes


class Consumidor:
    """The receiving thread; `correr` returns when told to stop, and the message at hand is settled first."""

    def __init__(
        self,
        configuracion: Configuracion,
        tablero: Tablero,
        detener: threading.Event,
        hay_entrada: threading.Event,
    ) -> None:
        self._cola = configuracion.cola
        self._parametros = parametros_amqp(configuracion.rabbitmq_url)
        self._base = Conexion(configuracion.mariadb_url)
        self._tablero, self._detener, self._hay_entrada = tablero, detener, hay_entrada
        self._pendientes: deque[Recibido] = deque()
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
        self._base.cerrar()

    def _esperar_base(self) -> bool:
        """Wait until MariaDB takes writes; False when told to stop."""
        espera = Espera()
        while not self._detener.is_set():
            try:
                comprobar_escritura(self._base)
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
                    self._revisar_base()
                elif not self._atender(conexion, canal):
                    return

    def _revisar_base(self) -> None:
        """Between messages, see every REVISAR_BASE_S whether MariaDB takes writes: health pages ask for it."""
        if time.monotonic() < self._proxima_revision:
            return
        try:
            comprobar_escritura(self._base)
        except BaseNoDisponible as error:
            self._tablero.anotar("mariadb", False, str(error))
        else:
            self._tablero.anotar("mariadb", True, "ok")
        self._proxima_revision = time.monotonic() + REVISAR_BASE_S

    def _recibir(self, _: BlockingChannel, entrega: Basic.Deliver, propiedades: BasicProperties, cuerpo: bytes) -> None:
        etiqueta = entrega.delivery_tag or 0  # the broker always gives one; 0 would never match
        self._pendientes.append(Recibido(etiqueta, entrega.redelivered, propiedades, cuerpo))

    def _atender(self, conexion: BlockingConnection, canal: BlockingChannel) -> bool:
        """Settle the oldest message, holding it while MariaDB is away; False when it was held too long."""
        espera, limite = Espera(), time.monotonic() + RETENER_S
        while True:
            try:
                self._liquidar(canal, self._pendientes[0])
            except BaseNoDisponible as error:
                pausa_s = self._sin_base(error, espera)
            else:
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

    def _liquidar(self, canal: BlockingChannel, recibido: Recibido) -> None:
        """Store the order and ack, or reject what can't be stored; BaseNoDisponible leaves it unsettled."""
        try:
            entrega, orden = leer_mensaje(recibido)
            with self._base.transaccion() as cursor:
                folio = registrar(cursor, entrega, orden)
        except BaseNoDisponible:
            raise
        except (MensajeInvalido, DatoRechazado) as error:
            self._rechazar(canal, recibido, str(error))
        except Exception as error:  # noqa: BLE001  a bug met by one message must not stop all the others
            self._rechazar(canal, recibido, f"unexpected {error!r}")
        else:
            self._tablero.anotar("mariadb", True, "ok")
            canal.basic_ack(recibido.etiqueta)
            self._contar(orden, folio)

    def _contar(self, orden: OrdenCreada, folio: int | None) -> None:
        if folio is None:
            metricas.MENSAJES.labels("repetido").inc()
            return
        self._hay_entrada.set()
        metricas.MENSAJES.labels("procesado").inc()
        metricas.DEMORA.labels("boleta").observe(max(0.0, time.time() - orden.creada_en.timestamp()))
        registro.info("boleta_emitida", orden_id=orden.orden_id, folio=folio)

    def _rechazar(self, canal: BlockingChannel, recibido: Recibido, motivo: str) -> None:
        registro.error("mensaje_rechazado", mensaje_id=recibido.propiedades.message_id, motivo=motivo)
        metricas.MENSAJES.labels("rechazado").inc()
        canal.basic_reject(recibido.etiqueta, requeue=False)

    def _sin_base(self, error: BaseNoDisponible, espera: Espera) -> float:
        """Note that MariaDB is away and say how many seconds to wait."""
        metricas.RECONEXIONES.labels("mariadb").inc()
        self._tablero.anotar("mariadb", False, str(error))
        pausa_s = espera.siguiente_s()
        registro.aviso("mariadb_no_disponible", motivo=str(error), pausa_s=round(pausa_s, 2))
        return pausa_s


def parametros_amqp(url: str) -> pika.URLParameters:
    """Read the broker's address and set the deadlines."""
    parametros = pika.URLParameters(url)
    parametros.heartbeat = LATIDO_S
    parametros.connection_attempts = 1
    parametros.socket_timeout = 2
    parametros.stack_timeout = 5
    parametros.blocked_connection_timeout = 30
    return parametros


def conectar(parametros: pika.URLParameters) -> BlockingConnection:
    """Connect, or raise AMQPError or OSError: pika's answer to a frozen broker is of neither kind."""
    try:
        return BlockingConnection(parametros)
    except AMQPConnectorException as error:
        raise AMQPConnectionError(repr(error)) from error


def comprobar_consumo(canal: BlockingChannel) -> None:
    """Raise when the broker has closed the channel or cancelled the consumer; pika would wait on in silence."""
    if not canal.is_open or not canal.consumer_tags:
        raise AMQPChannelError("the broker ended the consumer")


def leer_mensaje(recibido: Recibido) -> tuple[Entrega, OrdenCreada]:
    """Read a delivery, or raise MensajeInvalido."""
    mensaje_id = recibido.propiedades.message_id
    if not mensaje_id or len(mensaje_id) > 64 or not mensaje_id.isascii():
        raise MensajeInvalido(f"message_id must be 1 to 64 ASCII characters, not {mensaje_id!r}")
    entrega = Entrega(mensaje_id, recibido.propiedades.delivery_mode, recibido.reentregado)
    return entrega, leer_orden(recibido.cuerpo)
