"""A line between a program and its server that a test can cut or freeze, and mend again."""

import socket
import threading
from contextlib import suppress


class Puente:
    """Relays a local port to a server. `congelar` is a server that stands still: it takes connections and bytes."""

    def __init__(self, host: str, puerto: int) -> None:
        self._destino = (host, puerto)
        self._pasa = threading.Event()
        self._abiertos: set[socket.socket] = set()
        self._cerrojo = threading.Lock()
        self._oyente: socket.socket | None = None
        self.puerto = 0
        self.abrir()

    def abrir(self) -> None:
        """Let everything through, what was held back first."""
        self._pasa.set()
        if self._oyente is None:
            self._oyente = socket.create_server(("127.0.0.1", self.puerto))
            self.puerto = self._oyente.getsockname()[1]
            threading.Thread(target=self._aceptar, args=(self._oyente,), daemon=True).start()

    def congelar(self) -> None:
        self._pasa.clear()

    def cortar(self) -> None:
        """Break every connection and refuse new ones."""
        if self._oyente is not None:
            # shutdown wakes accept; close alone would leave the port open until the next connection.
            self._oyente.shutdown(socket.SHUT_RDWR)
            self._oyente.close()
            self._oyente = None
        with self._cerrojo:
            for enchufe in self._abiertos:
                with suppress(OSError):
                    enchufe.shutdown(socket.SHUT_RDWR)
        self._pasa.set()  # so that the relays see it and end

    def _aceptar(self, oyente: socket.socket) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                cliente, _ = oyente.accept()
                threading.Thread(target=self._unir, args=(cliente,), daemon=True).start()

    def _unir(self, cliente: socket.socket) -> None:
        with cliente, suppress(OSError), socket.create_connection(self._destino, timeout=10) as servidor:
            servidor.settimeout(None)
            par = {cliente, servidor}
            with self._cerrojo:
                self._abiertos |= par
            vuelta = threading.Thread(target=self._pasar, args=(servidor, cliente), daemon=True)
            vuelta.start()
            self._pasar(cliente, servidor)
            vuelta.join()
            with self._cerrojo:
                self._abiertos -= par

    def _pasar(self, desde: socket.socket, hacia: socket.socket) -> None:
        with suppress(OSError):
            while datos := desde.recv(65536):
                self._pasa.wait()
                hacia.sendall(datos)
        for enchufe in (desde, hacia):
            with suppress(OSError):
                enchufe.shutdown(socket.SHUT_RDWR)
