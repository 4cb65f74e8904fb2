"""app2, emisión: turns each `OrdenCreada` into a folio, a boleta, a PDF ticket and an e-mail.

    emision.ordenes -> consumidor -> mensaje_recibido + folio + boleta + entrada   one transaction, then ack
                         imprenta -> entrada.pdf + correo_saliente                 one transaction
                          cartero -> SMTP, then correo_saliente ENVIADO            repeatable, same Message-ID

Each stage reads its work from the tables, so a SIGKILL at any point loses nothing and repeats at most one
e-mail, which carries the same Message-ID. Two programs share the package: the API
(`gunicorn 'emision:create_app()'`) and the worker (`python -m emision.trabajador`).
"""

from emision.api import create_app

__all__ = ["create_app"]
