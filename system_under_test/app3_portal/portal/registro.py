"""JSON logs on stdout, one line an event, with the keys of the Go services' logs."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime


class FormatoJSON(logging.Formatter):
    """Formats a record; `extra={"datos": {...}}` adds members."""

    def __init__(self) -> None:
        super().__init__()
        self._nodo = os.environ.get("NODO") or "app3"

    def format(self, record: logging.LogRecord) -> str:
        linea = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "msg": record.getMessage(),
            "servicio": "app3",
            "nodo": self._nodo,
            **getattr(record, "datos", {}),
        }
        if record.exc_info:
            linea["pila"] = self.formatException(record.exc_info)
        return json.dumps(linea, ensure_ascii=False, default=str)
