"""Structured logs: one JSON object a line on stdout, `{"ts", "nivel", "origen", "evento", ...}`."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from emision.tiempo import rfc3339


class FormatoJSON(logging.Formatter):
    """Fields given as `extra={"datos": {...}}` stand beside the event's name."""

    def format(self, record: logging.LogRecord) -> str:
        linea: dict[str, Any] = {
            "ts": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "nivel": record.levelname,
            "origen": record.name,
            "evento": record.getMessage(),
            **getattr(record, "datos", {}),
        }
        if record.exc_info:
            linea["excepcion"] = self.formatException(record.exc_info)
        return json.dumps(linea, ensure_ascii=False, default=str)


def configurar(nivel: int = logging.INFO) -> None:
    """Send every log to stdout as JSON; pika tells each reconnection in a dozen lines, so only its errors."""
    salida = logging.StreamHandler(sys.stdout)
    salida.setFormatter(FormatoJSON())
    logging.basicConfig(level=nivel, handlers=[salida], force=True)
    logging.getLogger("pika").setLevel(logging.CRITICAL)


class Registro:
    """A named logger whose events carry fields: `registro.info("boleta_emitida", folio=7)`."""

    def __init__(self, nombre: str) -> None:
        self._log = logging.getLogger(nombre)

    def info(self, evento: str, **datos: Any) -> None:
        self._log.info(evento, extra={"datos": datos})

    def aviso(self, evento: str, **datos: Any) -> None:
        self._log.warning(evento, extra={"datos": datos})

    def error(self, evento: str, **datos: Any) -> None:
        """Log an error with the exception being handled, if there is one."""
        self._log.error(evento, exc_info=sys.exc_info()[0] is not None, extra={"datos": datos})
