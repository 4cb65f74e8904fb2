"""What the environment says, read once when a program starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

COLA = "emision.ordenes"
MUERTAS = "ticketflow.muertas"
PREFETCH = 8


@dataclass(frozen=True, slots=True)
class Configuracion:
    """Addresses of app2's dependencies; the defaults are the compose stack's names."""

    mariadb_url: str = "mysql://emision:emision@mariadb1:3306/emision"
    rabbitmq_url: str = "amqp://ticketflow:ticketflow@rabbitmq:5672/%2F"
    smtp_host: str = "correo"
    smtp_puerto: int = 2525
    puerto: int = 8000
    cola: str = COLA
    muertas: str = MUERTAS  # an exchange

    @classmethod
    def desde_entorno(cls, entorno: Mapping[str, str] = os.environ) -> "Configuracion":
        """Read `MARIADB_URL`, `RABBITMQ_URL`, `SMTP_HOST`, `SMTP_PUERTO`, `PUERTO`, `COLA` and `MUERTAS`."""
        base = cls()
        return cls(
            mariadb_url=entorno.get("MARIADB_URL", base.mariadb_url),
            rabbitmq_url=entorno.get("RABBITMQ_URL", base.rabbitmq_url),
            smtp_host=entorno.get("SMTP_HOST", base.smtp_host),
            smtp_puerto=int(entorno.get("SMTP_PUERTO", base.smtp_puerto)),
            puerto=int(entorno.get("PUERTO", base.puerto)),
            cola=entorno.get("COLA", base.cola),
            muertas=entorno.get("MUERTAS", base.muertas),
        )
