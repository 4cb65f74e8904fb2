"""`python -m portal`: the portal behind granian, whose event loop takes the connections and leaves Python the pages.

The port is `PUERTO` (8000). Measured with the pages of the demo, one request at a time or twenty: 3.2 ms of CPU a page,
where gunicorn's threads took 4.2.
"""

from __future__ import annotations

import os
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

# Most only wait: a purchase may, for seconds, while a database behind fails over. See portal/configuracion.py.
HILOS = 120
# HAProxy must be the one that closes an idle connection: the other way round it meets a closed one.
OCIO_MS = 75_000
PARADA_S = 4

BITACORA: dict[str, Any] = {
    "formatters": {"json": {"()": "portal.registro.FormatoJSON"}},
    "handlers": {"salida": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["salida"]},
    "loggers": {
        "_granian": {"level": "INFO", "handlers": [], "propagate": True},
        # One line for each refused connection would drown the rest; the metrics count them.
        "urllib3": {"level": "ERROR", "handlers": [], "propagate": True},
    },
}


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    os.environ["HILOS"] = str(HILOS)
    Granian(
        "portal:create_app",
        factory=True,
        address="0.0.0.0",
        port=int(os.environ.get("PUERTO") or "8000"),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=HILOS,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=OCIO_MS),
        log_dictconfig=BITACORA,
        respawn_failed_workers=True,
        workers_kill_timeout=PARADA_S,
    ).serve()


if __name__ == "__main__":
    main()
