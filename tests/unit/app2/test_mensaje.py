"""The e-mail that carries the ticket."""

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from emision.mensaje import componer, message_id
from emision.orden_creada import leer_orden

ORDEN_ID = "0199d2f0-0000-7000-8000-000000000001"
Cuerpo = Callable[..., bytes]


def enviado(cuerpo: bytes) -> EmailMessage:
    """The e-mail as its reader gets it."""
    correo = componer(leer_orden(cuerpo).datos(), b"%PDF-prueba", datetime(2026, 11, 24, 15, 0, 5))
    return message_from_bytes(correo.as_bytes(), policy=policy.default)


def test_the_message_id_depends_on_the_order_alone(cuerpo: Cuerpo) -> None:
    assert message_id(ORDEN_ID) == f"<entrada.{ORDEN_ID}@ticketflow.test>"
    primero, segundo = enviado(cuerpo()), enviado(cuerpo(evento__nombre="Otro"))
    assert primero["Message-ID"] == segundo["Message-ID"] == message_id(ORDEN_ID)


def test_headers_and_spanish_text_are_there(cuerpo: Cuerpo) -> None:
    correo = enviado(cuerpo())
    assert correo["Subject"] == "Tu entrada para Ñandú en concierto"
    assert correo["To"] == "maria@example.com"
    assert correo["X-Orden-Id"] == ORDEN_ID
    assert correo["Date"] == "Tue, 24 Nov 2026 15:00:05 +0000"
    cuerpo_texto = correo.get_body(("plain",))
    assert cuerpo_texto is not None
    texto = cuerpo_texto.get_content()
    for parte in ("Hola María Núñez", "Tu entrada", "fila F, asiento 13", "$34.000", "sábado 5 de diciembre"):
        assert parte.lower() in texto.lower()


def test_the_pdf_is_attached_under_the_order_s_name(cuerpo: Cuerpo) -> None:
    (adjunto,) = enviado(cuerpo()).iter_attachments()
    assert adjunto.get_filename() == f"entrada-{ORDEN_ID}.pdf"
    assert adjunto.get_content_type() == "application/pdf"
    assert adjunto.get_content() == b"%PDF-prueba"


def test_a_line_break_in_the_event_s_name_adds_no_header(cuerpo: Cuerpo) -> None:
    correo = enviado(cuerpo(evento__nombre="Uno\r\nBcc: otro@example.com"))
    assert correo["Bcc"] is None
