"""What a mail server can answer, and what becomes of the ticket."""

import signal
from collections.abc import Callable
from typing import Any

Orden = Callable[..., bytes]
Hasta = Callable[..., Any]


def fila(banco: Any) -> dict[str, Any]:
    """The one e-mail's row with its ticket's state, or nothing yet."""
    if not banco.esquema_creado():
        return {}
    filas = banco.sql(
        "SELECT c.estado, c.intentos, c.enviado_en, c.ultimo_motivo, e.estado AS entrada"
        " FROM correo_saliente c JOIN entrada e ON e.orden_id = c.orden_id"
    )
    return dict(filas[0]) if filas else {}


def test_a_permanent_refusal_fails_the_mail_and_the_ticket(banco: Any, orden: Orden, hasta: Hasta) -> None:
    banco.modo_correo("rechazar")
    banco.trabajador.arrancar()
    banco.publicar(orden())
    hasta("the failure", lambda: fila(banco).get("estado") == "FALLIDO")
    assert fila(banco)["entrada"] == "ERROR"
    assert "550" in fila(banco)["ultimo_motivo"]
    assert banco.correos() == []
    assert banco.contar("entradas_publicas", "estado = 'ERROR' AND pdf IS NOT NULL") == 1


def test_a_temporary_refusal_is_tried_again(banco: Any, orden: Orden, hasta: Hasta) -> None:
    banco.modo_correo("greylist")
    banco.trabajador.arrancar()
    banco.publicar(orden())
    hasta("the second attempt", lambda: fila(banco).get("estado") == "ENVIADO")
    assert fila(banco)["intentos"] == 2
    assert fila(banco)["entrada"] == "ENVIADO"
    assert [correo["repeticiones"] for correo in banco.correos()] == [0]


def test_a_connection_lost_after_data_is_repeated_under_the_same_message_id(
    banco: Any, orden: Orden, hasta: Hasta
) -> None:
    banco.modo_correo("cortar_tras_data")
    banco.trabajador.arrancar()
    banco.publicar(orden())
    hasta("the lost answer", lambda: fila(banco).get("intentos", 0) >= 1)
    assert fila(banco)["estado"] == "PENDIENTE"
    banco.modo_correo("aceptar")
    hasta("the repeat", lambda: fila(banco).get("estado") == "ENVIADO")
    (correo,) = banco.correos()
    assert correo["repeticiones"] >= 1


def test_a_worker_killed_between_the_server_s_250_and_its_own_note_repeats_under_the_same_message_id(
    banco: Any, orden: Orden, hasta: Hasta
) -> None:
    banco.trabajador.arrancar()
    hasta("the schema", banco.esquema_creado)
    banco.sql(
        "CREATE TRIGGER lento BEFORE UPDATE ON correo_saliente FOR EACH ROW"
        " IF NEW.estado = 'ENVIADO' THEN DO SLEEP(3600); END IF"
    )
    banco.publicar(orden())
    (correo,) = hasta("the mail at the server", banco.correos)
    banco.trabajador.terminar(signal.SIGKILL)
    for hilo in banco.sql("SELECT id FROM information_schema.processlist WHERE user = %s", banco.usuario):
        banco.sql(f"KILL {hilo['id']}")  # the server does not notice that nobody waits for its SLEEP
    assert fila(banco)["estado"] == "PENDIENTE", "noted before the kill: the test lost its race"
    banco.sql("DROP TRIGGER lento")
    banco.trabajador.arrancar()
    hasta("the repeat", lambda: fila(banco).get("estado") == "ENVIADO")
    (repetido,) = banco.correos()
    assert repetido["message_id"] == correo["message_id"]
    assert repetido["repeticiones"] >= 1
