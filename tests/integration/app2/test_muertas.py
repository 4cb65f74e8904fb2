"""Messages that can never become a boleta."""

import json
import signal
from collections.abc import Callable
from typing import Any

Orden = Callable[..., bytes]
Hasta = Callable[..., Any]

ORDEN_ID = "0199d2f0-0000-7000-8000-000000000001"
OTRA_ORDEN_ID = "0199d2f0-0000-7000-8000-000000000002"


def sin(cuerpo: bytes, campo: str) -> bytes:
    return json.dumps({nombre: valor for nombre, valor in json.loads(cuerpo).items() if nombre != campo}).encode()


def test_each_goes_to_the_dead_letters_with_its_reason_and_the_rest_goes_on(
    banco: Any, orden: Orden, hasta: Hasta
) -> None:
    banco.publicar(orden(orden_id=ORDEN_ID), "m-buena")
    malos = {
        banco.publicar(b"{not json"): "json_invalido: ",
        banco.publicar(orden(version=2)): "version_desconocida: la versión es 2",
        banco.publicar(sin(orden(), "comprador")): "campo_faltante: falta $.comprador",
        banco.publicar(orden(medio_pago="efectivo")): "campo_invalido: $.medio_pago",
        banco.publicar(orden(total=1)): "total_no_cuadra: el total es 1 ",
        banco.publicar(orden(orden_id=ORDEN_ID, cargo_servicio=0, total=31_000)): "contradice_emitida: la boleta 1 ",
    }
    repetida = orden(orden_id=OTRA_ORDEN_ID)
    banco.publicar(repetida, "m-buena")  # another order under an id that is taken: acked as a repeat, it would be lost
    for numero in range(2, 12):
        banco.publicar(orden(numero=numero))
    banco.trabajador.arrancar()
    hasta("the sound orders", lambda: banco.esquema_creado() and banco.contar("boleta") == 11)
    hasta("the dead letters", lambda: banco.en_cola(".muertas") == len(malos) + 1)
    muertas = {mensaje_id: (motivo, cuerpo) for mensaje_id, motivo, cuerpo in banco.muertas()}
    motivo, cuerpo = muertas.pop("m-buena")
    assert motivo == f"mensaje_id_repetido: con este message_id ya llegó la orden {ORDEN_ID}"
    assert cuerpo == repetida
    assert muertas.keys() == malos.keys()
    for mensaje_id, inicio in malos.items():
        assert muertas[mensaje_id][0].startswith(inicio)
    assert banco.contar("mensaje_recibido", "reentregado") == 0, "sound messages were given back on the way"
    registrados = [e["mensaje_id"] for e in banco.trabajador.eventos() if e["evento"] == "mensaje_rechazado"]
    assert sorted(registrados) == sorted([*malos, "m-buena"]), "one line each"
    assert [fila["folio"] for fila in banco.sql("SELECT folio FROM boleta ORDER BY folio")] == list(range(1, 12))


def test_none_is_lost_while_the_dead_letters_are_out_of_reach_and_the_worker_is_killed(
    banco: Any, orden: Orden, hasta: Hasta
) -> None:
    muertas = banco.configuracion.muertas
    banco.canal.queue_unbind(muertas, muertas, "#")
    malo = banco.publicar(b"{not json")
    for numero in range(1, 21):
        banco.publicar(orden(numero=numero))
    banco.trabajador.arrancar()
    hasta("the sound orders", lambda: banco.esquema_creado() and banco.contar("boleta") == 20)
    hasta("the dead letter to be refused again", lambda: banco.tropiezos("muertas_no_disponibles") >= 2)
    banco.trabajador.terminar(signal.SIGKILL)
    banco.canal.queue_bind(muertas, muertas, "#")
    banco.trabajador.arrancar()
    hasta("the dead letter", lambda: banco.en_cola(".muertas") > 0)
    hasta("an empty queue", lambda: banco.en_cola() == 0)
    assert {(mensaje_id, cuerpo) for mensaje_id, _, cuerpo in banco.muertas()} == {(malo, b"{not json")}
