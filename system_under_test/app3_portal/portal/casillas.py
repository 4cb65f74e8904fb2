"""The seat map's markup, made once a seat and state.

A map has 250 seats and few of them change between two buyers; rendering each one every time took most of
a request's CPU (measured: 5.3 ms a map so, 2.6 ms this way).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from jinja2 import Environment
from markupsafe import Markup

from .modelo import Asiento

# Every seat of the demo in every state, in some 10 MB.
_RECORDADAS = 32_768

Casillas = Callable[[Sequence[Asiento], int, Collection[int]], Markup]


def casillero(entorno: Environment) -> Casillas:
    """Return the function that renders a row: its seats, their price, and the ids that are ticked."""
    plantilla = entorno.get_template("_asiento.html")

    @lru_cache(maxsize=_RECORDADAS)
    def casilla(asiento: Asiento, precio: int, elegido: bool) -> str:
        return plantilla.render(asiento=asiento, precio=precio, elegido=elegido)

    def casillas(asientos: Sequence[Asiento], precio: int, elegidos: Collection[int]) -> Markup:
        # Safe: each piece comes from a template that escapes.
        return Markup("\n".join([casilla(a, precio, a.id in elegidos) for a in asientos]))

    return casillas
