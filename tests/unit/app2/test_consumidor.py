"""Reading a delivery, and reaching the broker."""

import socket
from collections.abc import Callable

import pytest
from emision.consumidor import Recibido, conectar, leer_mensaje, parametros_amqp
from emision.orden_creada import MensajeInvalido
from emision.recepcion import Entrega
from pika.exceptions import AMQPConnectionError
from pika.spec import BasicProperties

Cuerpo = Callable[..., bytes]


def test_the_delivery_is_kept_as_it_came(cuerpo: Cuerpo) -> None:
    propiedades = BasicProperties(message_id="m-1", delivery_mode=2)
    entrega, orden = leer_mensaje(Recibido(7, True, propiedades, cuerpo()))
    assert entrega == Entrega("m-1", 2, True)
    assert orden.total == 34_000


@pytest.mark.parametrize("mensaje_id", [None, "", "m" * 65, "ñ"])
def test_a_message_that_can_not_be_told_from_a_repeat_is_refused(cuerpo: Cuerpo, mensaje_id: str | None) -> None:
    with pytest.raises(MensajeInvalido, match="message_id"):
        leer_mensaje(Recibido(7, False, BasicProperties(message_id=mensaje_id), cuerpo()))


def test_a_frozen_broker_is_a_connection_error_like_any_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mudo:  # the kernel accepts, nobody speaks
        parametros = parametros_amqp(f"amqp://a:b@127.0.0.1:{mudo.getsockname()[1]}/%2F")
        parametros.stack_timeout = 0.3
        with pytest.raises(AMQPConnectionError):
            conectar(parametros)
