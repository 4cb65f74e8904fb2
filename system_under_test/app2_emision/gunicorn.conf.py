"""How gunicorn serves the API; it reads this file from its working directory.

One process, because the metrics live in its memory; threads, because a request mostly waits for MariaDB.
"""

import os

bind = f"0.0.0.0:{os.environ.get('PUERTO', '8000')}"
workers = 1
worker_class = "gthread"
threads = 8
graceful_timeout = 4  # SIGTERM gives 5 s
keepalive = 5
control_socket_disable = True
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "emision.registro.FormatoJSON"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}
