"""MariaDB and RabbitMQ away, frozen and back: what is sound is held and finished, and never dead-lettered."""

import signal
from collections.abc import Callable
from typing import Any

import pytest

Orden = Callable[..., bytes]
Hasta = Callable[..., Any]

REINTENTOS = 21  # one more than the deliveries that brokers commonly allow


def todo_enviado(banco: Any, hasta: Hasta, cuantas: int) -> None:
    """Every order has its boleta, without a gap, and its e-mail; none is among the dead letters."""
    hasta("every e-mail", lambda: banco.contar("correo_saliente", "estado = 'ENVIADO'") == cuantas)
    folios = [fila["folio"] for fila in banco.sql("SELECT folio FROM boleta ORDER BY folio")]
    assert folios == list(range(1, cuantas + 1))
    assert banco.en_cola(".muertas") == 0


def arrancar_y_esperar(banco: Any, hasta: Hasta) -> None:
    banco.trabajador.arrancar()
    hasta("readiness", lambda: banco.lista() == 200)


@pytest.mark.parametrize(("caida", "reintentos"), [("cortar", REINTENTOS), ("congelar", 3)])
def test_while_mariadb_is_away_no_message_is_given_up(
    banco: Any, orden: Orden, hasta: Hasta, caida: str, reintentos: int
) -> None:
    arrancar_y_esperar(banco, hasta)
    getattr(banco.a_mariadb, caida)()
    for numero in range(1, 31):
        banco.publicar(orden(numero=numero))
    hasta("the worker to say that it is not ready", lambda: banco.lista() == 503)
    hasta("many tries", lambda: banco.tropiezos("mariadb_no_disponible") >= reintentos, 300)
    assert banco.en_cola(".muertas") == 0
    banco.a_mariadb.abrir()
    todo_enviado(banco, hasta, 30)
    assert banco.contar("mensaje_recibido", "reentregado") == 0, "held messages went back to the queue"
    assert banco.tropiezos("rabbitmq_no_disponible") == 0, "heartbeats were not served meanwhile"
    hasta("readiness", lambda: banco.lista() == 200)


def test_killed_again_and_again_over_the_same_messages_it_gives_up_none(banco: Any, orden: Orden, hasta: Hasta) -> None:
    arrancar_y_esperar(banco, hasta)
    # The tables refuse for a while, so that the same messages are at hand at every kill.
    banco.sql("CREATE TRIGGER lleno BEFORE INSERT ON mensaje_recibido FOR EACH ROW SIGNAL SQLSTATE '45000'")
    for numero in range(1, 9):
        banco.publicar(orden(numero=numero))
    for vez in range(1, REINTENTOS + 2):
        hasta("all messages at hand", lambda: banco.en_cola() == 0)
        hasta("a try", lambda v=vez: banco.tropiezos("mariadb_no_disponible") >= v)
        banco.trabajador.terminar(signal.SIGKILL)
        hasta("the broker to have them back", lambda: banco.en_cola() == 8)
        banco.trabajador.arrancar()
    banco.trabajador.terminar(signal.SIGKILL)
    hasta("the broker to have them back", lambda: banco.en_cola() == 8)
    metodo, propiedades, _ = banco.canal.basic_get(banco.configuracion.cola)
    assert propiedades.headers["x-delivery-count"] > REINTENTOS
    banco.canal.basic_nack(metodo.delivery_tag, requeue=True)
    banco.sql("DROP TRIGGER lleno")
    banco.trabajador.arrancar()
    todo_enviado(banco, hasta, 8)


@pytest.mark.parametrize("caida", ["cortar", "congelar"])
def test_it_comes_back_to_the_broker_however_long_that_was_away(
    banco: Any, orden: Orden, hasta: Hasta, caida: str
) -> None:
    arrancar_y_esperar(banco, hasta)
    getattr(banco.a_rabbitmq, caida)()
    for numero in range(1, 11):
        banco.publicar(orden(numero=numero))
    hasta("the worker to say that it is not ready", lambda: banco.lista() == 503)
    hasta("many tries", lambda: banco.tropiezos("rabbitmq_no_disponible") >= 5)
    banco.a_rabbitmq.abrir()
    todo_enviado(banco, hasta, 10)
    hasta("readiness", lambda: banco.lista() == 200)
