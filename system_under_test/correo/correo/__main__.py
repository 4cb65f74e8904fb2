"""`python -m correo`: SMTP on `SMTP_PUERTO` (2525), HTTP on `PUERTO` (8000), data in `CORREO_DATOS` (/datos).

`MODO` sets the first mode: aceptar, rechazar, greylist or cortar_tras_data.
"""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from waitress.server import create_server

from correo.almacen import Almacen
from correo.buzon import Buzon, Modo, crear_servidor
from correo.pagina import crear_pagina
from correo.registro import configurar

registro = logging.getLogger("correo")


def main() -> int:
    configurar()
    detener = threading.Event()
    for senal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(senal, lambda *_: detener.set())
    almacen = Almacen(Path(os.environ.get("CORREO_DATOS", "/datos")))
    buzon = Buzon(almacen, Modo(os.environ.get("MODO", Modo.ACEPTAR)))
    servidor = crear_servidor(buzon, "0.0.0.0", int(os.environ.get("SMTP_PUERTO", "2525")))
    servidor.start()
    web = create_server(
        crear_pagina(almacen, buzon), host="0.0.0.0", port=int(os.environ.get("PUERTO", "8000")), threads=4
    )
    threading.Thread(target=web.run, daemon=True, name="http").start()
    registro.info("sirviendo", extra={"datos": {"modo": buzon.modo.value, "mensajes": almacen.total()}})
    detener.wait()
    servidor.stop()
    web.close()
    registro.info("cerrado")
    return 0


if __name__ == "__main__":
    sys.exit(main())
