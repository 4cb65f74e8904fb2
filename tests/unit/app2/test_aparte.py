"""Calls made beside, while the broker is served."""

import threading
from typing import Any

import pytest
from emision.amqp import con_latidos
from emision.aparte import Aparte


def test_calls_run_one_after_the_other_in_a_thread_of_their_own() -> None:
    aparte = Aparte("prueba")
    hilos = [aparte.pedir(threading.current_thread).result(10) for _ in range(3)]
    assert len(set(hilos)) == 1
    assert hilos[0] is not threading.current_thread()
    assert hilos[0].daemon


def test_a_call_that_fails_fails_for_who_asked_and_the_next_one_runs() -> None:
    aparte = Aparte("prueba")
    roto, sano = aparte.pedir(lambda: 1 / 0), aparte.pedir(lambda: 7)
    with pytest.raises(ZeroDivisionError):
        roto.result(10)
    assert sano.result(10) == 7


class ConexionFalsa:
    """Counts how often it was served; the third time, the call that is awaited may go on."""

    def __init__(self, soltar: threading.Event) -> None:
        self.servida, self._soltar, self._despierta = 0, soltar, threading.Event()

    def process_data_events(self, time_limit: float) -> None:
        self.servida += 1
        if self.servida == 3:
            self._soltar.set()
            assert self._despierta.wait(10), "the end of the call must wake who waits for it"

    def add_callback_threadsafe(self, _: Any) -> None:
        self._despierta.set()


def test_the_connection_is_served_until_the_call_is_done() -> None:
    soltar = threading.Event()
    conexion: Any = ConexionFalsa(soltar)
    assert con_latidos(conexion, Aparte("prueba").pedir(lambda: soltar.wait(10) and "hecho")) == "hecho"
    assert conexion.servida == 3
