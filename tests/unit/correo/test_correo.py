"""The mail server, spoken to by smtplib and over HTTP."""

import hashlib
import smtplib
import sqlite3
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from correo.almacen import Almacen
from correo.buzon import Modo

PDF = b"%PDF-1.4 \x00\xff prueba" * 500


def mensaje(numero: int = 1) -> EmailMessage:
    correo = EmailMessage()
    correo["From"], correo["To"] = "entradas@ticketflow.test", "maria@example.com"
    correo["Subject"] = "Tu entrada para Ñandú"
    correo["Message-ID"] = f"<entrada.{numero}@ticketflow.test>"
    correo["X-Orden-Id"] = f"orden-{numero}"
    correo.set_content("Hola")
    correo.add_attachment(PDF, maintype="application", subtype="pdf", filename=f"entrada-{numero}.pdf")
    return correo


def enviar(puerto: int, *mensajes: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", puerto, timeout=5, local_hostname="prueba") as sesion:
        for correo in mensajes:
            sesion.send_message(correo)


def test_a_mail_taken_is_listed_with_what_it_carries(servidor: Any) -> None:
    enviar(servidor.puerto, mensaje())
    cuerpo = servidor.http.get("/mensajes").get_json()
    assert cuerpo["total"] == 1
    (visto,) = cuerpo["mensajes"]
    assert visto.pop("recibido_en") > 1_700_000_000
    assert visto == {
        "n": 1,
        "message_id": "<entrada.1@ticketflow.test>",
        "orden_id": "orden-1",
        "para": "maria@example.com",
        "asunto": "Tu entrada para Ñandú",
        "adjuntos": [{"nombre": "entrada-1.pdf", "bytes": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}],
        "repeticiones": 0,
    }


def test_the_same_message_id_is_counted_not_stored_again(servidor: Any) -> None:
    enviar(servidor.puerto, mensaje(1), mensaje(1), mensaje(2), mensaje(1))
    cuerpo = servidor.http.get("/mensajes").get_json()
    assert [(m["orden_id"], m["repeticiones"]) for m in cuerpo["mensajes"]] == [
        ("orden-1", 2),
        ("orden-2", 0),
    ]


def test_pages_go_on_after_n(servidor: Any) -> None:
    enviar(servidor.puerto, *(mensaje(n) for n in range(1, 6)))
    cuerpo = servidor.http.get("/mensajes?desde=2&limite=2").get_json()
    assert cuerpo["total"] == 5
    assert [m["n"] for m in cuerpo["mensajes"]] == [3, 4]


def test_a_mail_and_its_file_can_be_fetched(servidor: Any) -> None:
    enviar(servidor.puerto, mensaje())
    assert b"Message-ID: <entrada.1@ticketflow.test>" in servidor.http.get("/mensajes/1").data
    adjunto = servidor.http.get("/mensajes/1/adjuntos/0")
    assert adjunto.data == PDF
    assert adjunto.content_type == "application/pdf"
    assert servidor.http.get("/mensajes/1/adjuntos/1").status_code == 404
    assert servidor.http.get("/mensajes/2").status_code == 404


def test_the_front_page_lists_mails_and_escapes_them(servidor: Any) -> None:
    correo = mensaje()
    correo.replace_header("Subject", "<script>alert(1)</script>")
    enviar(servidor.puerto, correo)
    pagina = servidor.http.get("/").get_data(as_text=True)
    assert "maria@example.com" in pagina
    assert "<script>" not in pagina


def test_refusing_is_permanent_and_stores_nothing(servidor: Any) -> None:
    assert servidor.http.post("/modo", json={"modo": "rechazar"}).status_code == 200
    with pytest.raises(smtplib.SMTPDataError) as error:
        enviar(servidor.puerto, mensaje())
    assert error.value.smtp_code == 550
    assert servidor.almacen.total() == 0


def test_greylisting_takes_the_second_attempt(servidor: Any) -> None:
    servidor.buzon.modo = Modo.GREYLIST
    with pytest.raises(smtplib.SMTPDataError) as error:
        enviar(servidor.puerto, mensaje())
    assert error.value.smtp_code == 451
    enviar(servidor.puerto, mensaje())
    assert servidor.almacen.listar(0, 10)[0]["repeticiones"] == 0


def test_cutting_after_data_has_stored_the_mail_and_the_retry_is_a_repetition(servidor: Any) -> None:
    servidor.buzon.modo = Modo.CORTAR_TRAS_DATA
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        enviar(servidor.puerto, mensaje())
    servidor.buzon.modo = Modo.ACEPTAR
    enviar(servidor.puerto, mensaje())
    (visto,) = servidor.almacen.listar(0, 10)
    assert visto["repeticiones"] == 1


def test_an_unknown_mode_is_refused_and_changes_nothing(servidor: Any) -> None:
    respuesta = servidor.http.post("/modo", json={"modo": "explotar"})
    assert respuesta.status_code == 400
    assert respuesta.get_json(force=True)["codigo"] == "solicitud_invalida"
    assert servidor.http.get("/modo").get_json() == {"modo": "aceptar"}


def test_a_mail_that_can_not_be_stored_is_postponed(servidor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def disco_lleno(*_: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(servidor.almacen, "guardar", disco_lleno)
    with pytest.raises(smtplib.SMTPDataError) as error:
        enviar(servidor.puerto, mensaje())
    assert error.value.smtp_code == 451


def test_a_mail_without_message_id_is_told_by_its_bytes(tmp_path: Path) -> None:
    almacen = Almacen(tmp_path)
    assert almacen.guardar(b"Subject: a\r\n\r\nhola\r\n", "x@y.cl", 1.0) == 0
    assert almacen.guardar(b"Subject: a\r\n\r\nhola\r\n", "x@y.cl", 2.0) == 1
    assert almacen.guardar(b"Subject: b\r\n\r\nhola\r\n", "x@y.cl", 3.0) == 0


def test_what_was_stored_is_there_after_a_restart(servidor: Any, tmp_path: Path) -> None:
    enviar(servidor.puerto, mensaje())
    assert Almacen(tmp_path).listar(0, 10)[0]["orden_id"] == "orden-1"


def test_health_and_metrics_answer(servidor: Any) -> None:
    assert servidor.http.get("/salud/viva").status_code == 200
    assert servidor.http.get("/salud/lista").get_json()["lista"] is True
    enviar(servidor.puerto, mensaje())
    assert b'correo_entregas_total{resultado="guardado"}' in servidor.http.get("/metrics").data
