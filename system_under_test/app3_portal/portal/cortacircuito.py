"""Which of the middleware's addresses to try, and in which order.

An address that refused or did not answer in time is set aside, for that kind of request only: a slow PDF
must not take the seat map down. While another address serves, the bad one is tried again after 1, 2, 4 ...
15 s, so that a frozen one costs few buyers its timeout. When all are set aside, one trial a second goes
through and the others fail at once, so that threads do not pile up waiting: an outage behind lasts at most
that second longer. A call begun before its address was set aside, or before it last answered, tells nothing
new when it fails at last; counting it would put the next trial off, again and again.

    ordenar() -> call -> anotar_exito() | anotar_falla()
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

PAUSA_MINIMA_S = 1.0
PAUSA_MAXIMA_S = 15.0


@dataclass(slots=True)
class _Apartada:
    """An address that is set aside; times by the breaker's clock."""

    fallas: int
    ultimo_intento: float

    def reintento_en(self) -> float:
        return self.ultimo_intento + min(PAUSA_MAXIMA_S, PAUSA_MINIMA_S * 2.0 ** (self.fallas - 1))


class Cortacircuito:
    """Remembers which addresses fail, by kind of request; safe between threads."""

    def __init__(self, direcciones: Sequence[str], reloj: Callable[[], float] = time.monotonic) -> None:
        self._direcciones = list(direcciones)
        self._reloj = reloj
        self._turno = 0
        self._apartadas: dict[tuple[str, str], _Apartada] = {}
        self._exitos: dict[tuple[str, str], float] = {}
        self._candado = threading.Lock()

    def ordenar(self, familia: str, *, insistir: bool = False) -> list[str]:
        """Return the addresses to try now, best first; with `insistir`, all of them.

        An address set aside that gets its trial counts as tried from now on: others go round it meanwhile.
        """
        with self._candado:
            ahora = self._reloj()
            self._turno += 1
            inicio = self._turno % len(self._direcciones)
            vuelta = self._direcciones[inicio:] + self._direcciones[:inicio]
            buenas: list[str] = []
            ultimas: list[str] = []
            for direccion in vuelta:
                apartada = self._apartadas.get((familia, direccion))
                if apartada is None:
                    buenas.append(direccion)
                elif ahora >= apartada.reintento_en():
                    apartada.ultimo_intento = ahora
                    buenas.insert(0, direccion)
                elif insistir or ahora >= apartada.ultimo_intento + PAUSA_MINIMA_S:
                    ultimas.append(direccion)
            if not buenas:
                for direccion in ultimas:
                    self._apartadas[familia, direccion].ultimo_intento = ahora
            return buenas + ultimas

    def anotar_exito(self, familia: str, direccion: str) -> None:
        """The address answered."""
        with self._candado:
            self._apartadas.pop((familia, direccion), None)
            self._exitos[familia, direccion] = self._reloj()

    def anotar_falla(self, familia: str, direccion: str, iniciada_en: float) -> None:
        """The address refused, broke off or did not answer in time, in a call begun then (by the clock)."""
        with self._candado:
            if iniciada_en < self._exitos.get((familia, direccion), iniciada_en):
                return
            apartada = self._apartadas.setdefault((familia, direccion), _Apartada(0, iniciada_en))
            if iniciada_en >= apartada.ultimo_intento:
                apartada.fallas += 1
                apartada.ultimo_intento = self._reloj()
