"""Reading a delivery, and reaching the broker."""

import socket
from collections.abc import Callable

import pytest
from emision.amqp import Recibido, conectar, parametros_amqp
from emision.base import DatoRechazado
from emision.consumidor import leer_mensaje, rechazo
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


@pytest.mark.parametrize(
    ("error", "motivo"),
    [
        (MensajeInvalido("json_invalido", "no es JSON"), "json_invalido: no es JSON"),
        (DatoRechazado("1406 Data too long"), "dato_rechazado: MariaDB no acepta un valor (1406 Data too long)"),
        (KeyError("x"), "error_inesperado: app2 falló con este mensaje (KeyError('x'))"),
    ],
)
def test_every_refusal_has_a_code_and_a_text(error: Exception, motivo: str) -> None:
    assert str(rechazo(error)) == motivo


def test_a_frozen_broker_is_a_connection_error_like_any_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mudo:  # the kernel accepts, nobody speaks
        parametros = parametros_amqp(f"amqp://a:b@127.0.0.1:{mudo.getsockname()[1]}/%2F")
        parametros.stack_timeout = 0.3
        with pytest.raises(AMQPConnectionError):
            conectar(parametros)
