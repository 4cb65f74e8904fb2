"""What the answers of a mail server mean."""

import smtplib

import pytest
from emision.smtp import Aplazado, FalloSmtp, Rechazado, clasificar


@pytest.mark.parametrize(
    ("error", "significado"),
    [
        (smtplib.SMTPDataError(550, b"no"), Rechazado),
        (smtplib.SMTPDataError(451, b"later"), Aplazado),
        (smtplib.SMTPSenderRefused(421, b"busy", "a@b.cl"), Aplazado),
        (smtplib.SMTPRecipientsRefused({"a@b.cl": (550, b"unknown")}), Rechazado),
        (smtplib.SMTPRecipientsRefused({"a@b.cl": (450, b"greylisted")}), Aplazado),
        (smtplib.SMTPRecipientsRefused({"a@b.cl": (550, b"x"), "c@d.cl": (451, b"y")}), Aplazado),
        (smtplib.SMTPServerDisconnected("gone"), Aplazado),
        (TimeoutError("no answer to DATA"), Aplazado),
        (ConnectionResetError("gone"), Aplazado),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), Rechazado),
        (smtplib.SMTPDataError(-1, b""), Aplazado),
    ],
)
def test_only_a_permanent_answer_is_final(error: Exception, significado: type[FalloSmtp]) -> None:
    assert type(clasificar(error)) is significado
