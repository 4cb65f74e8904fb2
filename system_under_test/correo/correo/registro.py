"""Structured logs: one JSON object a line on stdout."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class FormatoJSON(logging.Formatter):
    """Fields given as `extra={"datos": {...}}` stand beside the event's name."""

    def format(self, record: logging.LogRecord) -> str:
        momento = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        linea: dict[str, Any] = {
            "ts": momento.replace("+00:00", "Z"),
            "nivel": record.levelname,
            "origen": record.name,
            "evento": record.getMessage(),
            **getattr(record, "datos", {}),
        }
        if record.exc_info:
            linea["excepcion"] = self.formatException(record.exc_info)
        return json.dumps(linea, ensure_ascii=False, default=str)


def configurar() -> None:
    """Send every log to stdout as JSON; aiosmtpd's account of each SMTP command stays out."""
    salida = logging.StreamHandler(sys.stdout)
    salida.setFormatter(FormatoJSON())
    logging.basicConfig(level=logging.INFO, handlers=[salida], force=True)
    logging.getLogger("mail.log").setLevel(logging.WARNING)
