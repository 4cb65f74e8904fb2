"""How long to wait before trying again."""

import random


def espera_s(intento: int, minimo_s: float, maximo_s: float, azar: random.Random) -> float:
    """Exponential backoff from `minimo_s` (intento 0) up to `maximo_s`, with jitter of up to half of it."""
    tope: float = min(maximo_s, minimo_s * 2.0 ** min(intento, 30))
    return azar.uniform(tope / 2, tope)


class Espera:
    """A backoff that grows with each failure in a row and starts over after a success."""

    def __init__(self, minimo_s: float = 0.1, maximo_s: float = 5.0, azar: random.Random | None = None) -> None:
        self._minimo_s, self._maximo_s = minimo_s, maximo_s
        self._azar = azar or random.Random()
        self._fallos = 0

    def siguiente_s(self) -> float:
        """Count one more failure and say how many seconds to wait after it."""
        self._fallos += 1
        return espera_s(self._fallos - 1, self._minimo_s, self._maximo_s, self._azar)

    def reiniciar(self) -> None:
        self._fallos = 0
