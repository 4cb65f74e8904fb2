"""A thread beside the caller's, for calls that may wait long: on a frozen database, on a blocked broker."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Aparte:
    """Runs calls one after the other in one thread of its own.

    The thread is a daemon: at the end of the program nobody waits for a call that hangs, as concurrent.futures
    would.
    """

    def __init__(self, nombre: str) -> None:
        self._pedidos: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        threading.Thread(target=self._correr, daemon=True, name=nombre).start()

    def pedir(self, tarea: Callable[[], T]) -> "Future[T]":
        """Have the call made after those asked for before."""
        futuro: Future[T] = Future()
        self._pedidos.put((futuro, tarea))
        return futuro

    def _correr(self) -> None:
        while True:
            futuro, tarea = self._pedidos.get()
            try:
                futuro.set_result(tarea())
            except BaseException as error:  # noqa: BLE001  whoever asked decides
                futuro.set_exception(error)
