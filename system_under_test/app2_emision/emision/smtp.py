"""One SMTP connection, kept open between e-mails, and what its failures mean.

FalloSmtp
 ├─ SinServidor   no connection: nothing was sent, every e-mail waits
 ├─ Aplazado      this e-mail: 4xx, or the connection broke and the server may hold it; send it again
 └─ Rechazado     this e-mail: 5xx, it will never be taken
"""

import smtplib
from email.message import EmailMessage
from typing import Any

from emision.mensaje import REMITENTE

PLAZO_S = 5.0
NOMBRE_LOCAL = "app2.ticketflow.test"  # given, or smtplib asks DNS for it, without a deadline


class FalloSmtp(Exception):
    """An e-mail was not sent, for all we know."""


class SinServidor(FalloSmtp):
    """The server can't be reached or gives no session."""


class Aplazado(FalloSmtp):
    """The e-mail must be sent again later."""


class Rechazado(FalloSmtp):
    """The server refuses this e-mail for good."""


class Buzon:
    """A connection to the mail server, opened when needed and dropped after any failure."""

    def __init__(self, host: str, puerto: int) -> None:
        self._host, self._puerto = host, puerto
        self._sesion: smtplib.SMTP | None = None

    def enviar(self, correo: EmailMessage, destinatario: str) -> None:
        """Hand the e-mail over; returns once the server has answered 250 to its data."""
        sesion = self._abrir()
        try:
            sesion.send_message(correo, from_addr=REMITENTE, to_addrs=[destinatario])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self.cerrar()
            raise clasificar(error) from error

    def comprobar(self) -> None:
        """See that the server answers, and keep the connection from going idle."""
        try:
            self._abrir().noop()
        except (smtplib.SMTPException, OSError) as error:
            self.cerrar()
            raise SinServidor(repr(error)) from error

    def cerrar(self) -> None:
        """Drop the connection without a word: a QUIT to a frozen server would wait for its answer."""
        if self._sesion is not None:
            self._sesion.close()
            self._sesion = None

    def _abrir(self) -> smtplib.SMTP:
        if self._sesion is None:
            sesion = smtplib.SMTP(local_hostname=NOMBRE_LOCAL, timeout=PLAZO_S)
            try:
                codigo, saludo = sesion.connect(self._host, self._puerto)
                if codigo != 220:
                    raise smtplib.SMTPConnectError(codigo, saludo)
                sesion.ehlo_or_helo_if_needed()
            except (smtplib.SMTPException, OSError) as error:
                sesion.close()
                raise SinServidor(repr(error)) from error
            self._sesion = sesion
        return self._sesion


def clasificar(error: Exception) -> FalloSmtp:
    """Say what a failed delivery means: only a 5xx answer, or a message that can't be written, is final."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codigos: list[int] = [codigo for codigo, _ in _respuestas(error.recipients)]
    elif isinstance(error, smtplib.SMTPResponseException):
        codigos = [error.smtp_code]
    elif isinstance(error, (smtplib.SMTPNotSupportedError, ValueError)):
        return Rechazado(repr(error))
    else:
        return Aplazado(repr(error))
    return Rechazado(repr(error)) if all(500 <= codigo < 600 for codigo in codigos) else Aplazado(repr(error))


def _respuestas(destinatarios: Any) -> list[tuple[int, bytes]]:
    return list(destinatarios.values())
