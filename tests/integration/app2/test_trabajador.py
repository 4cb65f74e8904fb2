"""The worker over real servers, killed and cut off at will."""

import hashlib
import random
import signal
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

Orden = Callable[..., bytes]
Hasta = Callable[..., Any]

ORDENES = 200


def publicar_con_repetidos(banco: Any, orden: Orden, cuantas: int) -> list[str]:
    """Publish orders in random order: some messages twice, some orders again under another message id."""
    ids = [str(uuid.uuid4()) for _ in range(cuantas)]
    envios = [(orden(orden_id=i, numero=n), f"m-{i}") for n, i in enumerate(ids, start=1)]
    envios += [envio for n, envio in enumerate(envios) if n % 5 == 0]
    envios += [(cuerpo, f"otro-{mensaje}") for n, (cuerpo, mensaje) in enumerate(envios[:cuantas]) if n % 40 == 0]
    random.Random(7).shuffle(envios)
    for cuerpo, mensaje_id in envios:
        banco.publicar(cuerpo, mensaje_id)
    return ids


def comprobar_todo(banco: Any, ids: list[str]) -> None:
    """Every order: one boleta, folios 1..n, one PDF, one e-mail under its own Message-ID."""
    boletas = banco.sql("SELECT orden_id, folio FROM boleta ORDER BY folio")
    assert [fila["folio"] for fila in boletas] == list(range(1, len(ids) + 1))
    assert {fila["orden_id"] for fila in boletas} == set(ids)
    entradas = banco.sql("SELECT orden_id, estado, pdf, pdf_sha256 FROM entrada")
    assert {fila["orden_id"] for fila in entradas} == set(ids)
    assert {fila["estado"] for fila in entradas} == {"ENVIADO"}
    huellas = {fila["orden_id"]: hashlib.sha256(fila["pdf"]).hexdigest() for fila in entradas}
    assert huellas == {fila["orden_id"]: fila["pdf_sha256"] for fila in entradas}
    correos = banco.correos()
    assert sorted(correo["orden_id"] for correo in correos) == sorted(ids)
    assert {c["orden_id"]: c["message_id"] for c in correos} == {i: f"<entrada.{i}@ticketflow.test>" for i in ids}
    assert {c["orden_id"]: c["adjuntos"][0]["sha256"] for c in correos} == huellas


def test_nothing_is_lost_or_doubled_when_the_worker_is_killed_again_and_again(
    banco: Any, orden: Orden, hasta: Hasta
) -> None:
    ids = publicar_con_repetidos(banco, orden, ORDENES)
    banco.trabajador.arrancar()
    hasta("the schema", banco.esquema_creado)
    for tabla, donde, cuantas in (
        ("boleta", "TRUE", 10),
        ("entrada", "estado <> 'EN_PROCESO'", 30),
        ("correo_saliente", "estado = 'ENVIADO'", 60),
        ("boleta", "TRUE", 110),
        ("entrada", "estado <> 'EN_PROCESO'", 130),
        ("correo_saliente", "estado = 'ENVIADO'", 170),
    ):
        hasta(f"{cuantas} in {tabla}", lambda t=tabla, d=donde, c=cuantas: banco.contar(t, d) >= c)
        banco.trabajador.terminar(signal.SIGKILL)
        banco.trabajador.arrancar()
    hasta("every e-mail", lambda: banco.contar("correo_saliente", "estado = 'ENVIADO'") == ORDENES)
    hasta("an empty queue", lambda: banco.en_cola() == 0)
    comprobar_todo(banco, ids)
    assert banco.trabajador.terminar(signal.SIGTERM) == 0
    assert banco.en_cola() == 0, "a message was left unacked"
    assert banco.en_cola(".muertas") == 0
    assert banco.contar("mensaje_recibido") == ORDENES + ORDENES // 40
    assert banco.contar("mensaje_recibido", "modo_entrega <> 2") == 0


def test_sigterm_ends_it_within_five_seconds_with_nothing_half_done(banco: Any, orden: Orden, hasta: Hasta) -> None:
    for _ in range(100):
        banco.publicar(orden())
    banco.trabajador.arrancar()
    hasta("some boletas", lambda: banco.esquema_creado() and banco.contar("boleta") >= 20)
    inicio = time.monotonic()
    assert banco.trabajador.terminar(signal.SIGTERM) == 0
    assert time.monotonic() - inicio < 5
    hasta("what was not acked", lambda: banco.en_cola() == 100 - banco.contar("boleta"), 10)
    assert banco.contar("boleta") < 100


def test_sigterm_also_ends_a_worker_that_waits_for_its_database(banco: Any) -> None:
    banco.sql(f"ALTER USER '{banco.usuario}'@'%%' ACCOUNT LOCK")
    banco.trabajador.arrancar()
    time.sleep(2)
    inicio = time.monotonic()
    assert banco.trabajador.terminar(signal.SIGTERM) == 0
    assert time.monotonic() - inicio < 5


@pytest.mark.parametrize("caida", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_the_mail_server_s_outage_delays_only_the_mail(
    banco: Any, orden: Orden, hasta: Hasta, caida: signal.Signals
) -> None:
    banco.correo.proceso.send_signal(caida)
    banco.trabajador.arrancar()
    for _ in range(10):
        banco.publicar(orden())
    hasta("every PDF", lambda: banco.esquema_creado() and banco.contar("entrada", "estado = 'EMITIDO'") == 10)
    if caida is signal.SIGSTOP:
        banco.correo.proceso.send_signal(signal.SIGCONT)
    else:
        banco.correo.proceso.wait()
        banco.arrancar_correo()
    hasta("every e-mail", lambda: banco.contar("entrada", "estado = 'ENVIADO'") == 10)
    assert len(banco.correos()) == 10
