"""gunicorn's settings: read from the working directory, overridden by the command line."""

import os
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PUERTO') or '8000'}"
worker_class = "gthread"
workers = 1
# Most only wait: a purchase may, for seconds, while a database behind fails over. See portal/configuracion.py.
threads = 120


def post_fork(server: Any, worker: Any) -> None:
    """Tell the portal how many threads it really has: the command line may have asked for another number."""
    os.environ["HILOS"] = str(worker.cfg.threads)


# HAProxy must be the one that closes an idle connection: the other way round it meets a closed one.
keepalive = 75
graceful_timeout = 4
# A worker's heartbeat file on a slow disk would get the worker killed.
worker_tmp_dir = "/dev/shm"
accesslog = None
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portal.registro.FormatoJSON"}},
    "handlers": {"salida": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["salida"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        # One line for each refused connection would drown the rest; the metrics count them.
        "urllib3": {"level": "ERROR", "handlers": [], "propagate": True},
    },
}
