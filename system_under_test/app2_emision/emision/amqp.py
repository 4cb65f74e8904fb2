"""The broker as pika gives it: deadlines, one kind of error, and heartbeats while something else is awaited."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPChannelError, AMQPConnectionError, ConnectionWrongStateError
from pika.spec import BasicProperties

T = TypeVar("T")

# pika notices silence after LATIDO_S + 5 s at the earliest and twice that at the latest: 7 to 14 s. The broker
# gives us up after two silent beats, so nothing may hold up the thread that serves this connection: see Aparte.
LATIDO_S = 2
REVISAR_S = 0.5  # how soon a stop is noticed while nothing comes


@dataclass(frozen=True, slots=True)
class Recibido:
    """A message not settled yet."""

    etiqueta: int
    reentregado: bool
    propiedades: BasicProperties
    cuerpo: bytes
    clave: str = ""


def parametros_amqp(url: str, bloqueo_s: float | None = None) -> pika.URLParameters:
    """Read the broker's address and set the deadlines.

    `bloqueo_s` is how long a broker short of memory may keep a publisher waiting. A consumer waits on: it gains
    nothing from a new connection, and would give back all that it holds.
    """
    parametros = pika.URLParameters(url)
    parametros.heartbeat = LATIDO_S
    parametros.connection_attempts = 1
    parametros.socket_timeout = 2
    parametros.stack_timeout = 5
    parametros.blocked_connection_timeout = bloqueo_s
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


def con_latidos(conexion: BlockingConnection, futuro: "Future[T]") -> T:
    """Serve the connection until the call made elsewhere is done, and return or raise what it did."""
    futuro.add_done_callback(lambda _: _despertar(conexion))
    while not futuro.done():
        conexion.process_data_events(time_limit=REVISAR_S)
    return futuro.result()


def _despertar(conexion: BlockingConnection) -> None:
    with suppress(ConnectionWrongStateError):  # it was lost meanwhile: nobody waits on it
        nada: Callable[[], None] = lambda: None  # noqa: E731  an event is enough to end the wait
        conexion.add_callback_threadsafe(nada)
