"""The worker: `python -m emision.trabajador`. Three threads that work, one that answers health checks.

SIGTERM lets each thread finish what it has at hand. A thread that ends by an exception ends the program with
status 1, so that whoever runs it starts it again: all work is in the tables or still unacked.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable

from flask import Flask
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from emision.cartero import Cartero
from emision.configuracion import Configuracion
from emision.consumidor import Consumidor
from emision.imprenta import Imprenta
from emision.migraciones import migrar_con_espera
from emision.registro import Registro, configurar
from emision.salud import Tablero, paginas_de_salud

registro = Registro("emision.trabajador")

CIERRE_S = 4.0  # of the 5 s that SIGTERM gives; a thread waiting for a frozen server is left behind


class Trabajador:
    """The threads of one worker and the events they share."""

    def __init__(self, configuracion: Configuracion) -> None:
        self.configuracion = configuracion
        self.tablero = Tablero(necesarias=["mariadb", "rabbitmq"], opcionales=["correo"])
        self.detener = threading.Event()
        self._hay_entrada, self._hay_correo = threading.Event(), threading.Event()
        self._fallo = False

    def correr(self) -> int:
        """Work until told to stop; return the exit status."""
        # Bound here, so that a port already taken ends the program instead of a thread.
        threading.Thread(target=self._servidor_de_salud().run, daemon=True, name="salud").start()
        if not migrar_con_espera(self.configuracion.mariadb_url, self.detener):
            return 0
        hilos = [self._hilo(nombre, tarea) for nombre, tarea in self._tareas().items()]
        self.detener.wait()
        registro.info("cerrando")
        self._hay_entrada.set()
        self._hay_correo.set()
        limite = time.monotonic() + CIERRE_S
        for hilo in hilos:
            hilo.join(max(0.0, limite - time.monotonic()))
        registro.info("cerrado", sin_terminar=[hilo.name for hilo in hilos if hilo.is_alive()])
        return 1 if self._fallo else 0

    def _tareas(self) -> dict[str, Callable[[], None]]:
        conf, detener = self.configuracion, self.detener
        return {
            "consumidor": Consumidor(conf, self.tablero, detener, self._hay_entrada).correr,
            "imprenta": Imprenta(conf.mariadb_url, detener, self._hay_entrada, self._hay_correo).correr,
            "cartero": Cartero(conf, self.tablero, detener, self._hay_correo).correr,
        }

    def _hilo(self, nombre: str, tarea: Callable[[], None]) -> threading.Thread:
        def vigilar() -> None:
            try:
                tarea()
            except Exception:  # noqa: BLE001  the decision is made: the program ends and is started again
                registro.error("hilo_caido", hilo=nombre)
                self._fallo = True
                self.detener.set()

        hilo = threading.Thread(target=vigilar, daemon=True, name=nombre)
        hilo.start()
        return hilo

    def _servidor_de_salud(self) -> BaseWSGIServer | MultiSocketServer:
        app = Flask("emision.trabajador")
        app.register_blueprint(paginas_de_salud(self.tablero.informe))
        return create_server(app, host="0.0.0.0", port=self.configuracion.puerto, threads=2)


def main() -> int:
    configurar()
    trabajador = Trabajador(Configuracion.desde_entorno())
    for senal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(senal, lambda *_: trabajador.detener.set())
    return trabajador.correr()


if __name__ == "__main__":
    sys.exit(main())
