"""Lays a message that can never become a boleta among the dead letters, with its reason in the header `motivo`.

    emision.ordenes -> app2 -> publish (mandatory, confirmed) to ticketflow.muertas -> then ack

Killed in between, app2 lays it there again: twice under one message_id, never lost. The broker's own
dead-lettering is not used for it: it takes no reason along, and with a reject nobody hears whether it arrived.
"""

import pika
from pika.exceptions import AMQPError
from pika.spec import BasicProperties

from emision.amqp import Recibido, conectar

MOTIVO = "motivo"
_LARGO_MOTIVO = 500  # a header has to fit in one frame


class MuertasNoDisponibles(Exception):
    """The dead letters can't be reached, or nothing is bound there; the message is not settled."""


def sepultar(parametros: pika.URLParameters, intercambio: str, recibido: Recibido, motivo: str) -> None:
    """Return once the broker has the dead letter on disk; raise MuertasNoDisponibles otherwise.

    On a connection of its own: a broker short of memory stops reading from those that publish, and the
    consumer's connection must go on acking.
    """
    try:
        with conectar(parametros) as conexion:
            canal = conexion.channel()
            canal.confirm_delivery()
            propiedades = propiedades_de_muerta(recibido.propiedades, motivo)
            canal.basic_publish(intercambio, recibido.clave, recibido.cuerpo, propiedades, mandatory=True)
    except (AMQPError, OSError) as error:
        raise MuertasNoDisponibles(f"{type(error).__name__}: {error}") from error


def propiedades_de_muerta(propiedades: BasicProperties, motivo: str) -> BasicProperties:
    """Those of the message, with its reason.

    Left out is what would end or misroute the dead letter: its expiration, the sender's user_id, and every
    header that is not text, as the broker acts on some (CC) and pika can't write all that it reads.
    """
    textos = {nombre: valor for nombre, valor in (propiedades.headers or {}).items() if isinstance(valor, str)}
    return BasicProperties(
        message_id=propiedades.message_id,
        content_type=propiedades.content_type,
        content_encoding=propiedades.content_encoding,
        type=propiedades.type,
        timestamp=propiedades.timestamp,
        delivery_mode=2,
        headers=textos | {MOTIVO: motivo[:_LARGO_MOTIVO]},
    )
