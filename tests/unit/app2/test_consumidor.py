"""Reading a delivery: its properties, beside its body."""

from collections.abc import Callable

import pytest
from emision.consumidor import Recibido, leer_mensaje
from emision.orden_creada import MensajeInvalido
from emision.recepcion import Entrega
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
