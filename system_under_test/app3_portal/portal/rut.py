"""Chilean RUT: parsing and check digit.

Only ASCII digits count: `str.isdigit` and `\\d` also take full-width ones, which app2's documents don't.
"""

from __future__ import annotations

import re

_FORMA = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)-?([\dkK])", re.ASCII)
_MINIMO, _MAXIMO = 100_000, 99_999_999


class RutInvalido(ValueError):
    """The text is not a RUT; the message is the key of `textos.RUT` that says why."""


def digito_verificador(cuerpo: int) -> str:
    """Return the check digit of a RUT's body: weights 2 to 7 from the right, modulo 11."""
    suma = sum(int(cifra) * (2 + i % 6) for i, cifra in enumerate(reversed(str(cuerpo))))
    return "0K987654321"[suma % 11]


def normalizar(texto: str) -> str:
    """Return the RUT as `12345678-5`, or raise RutInvalido."""
    hallado = _FORMA.fullmatch(texto.strip())
    if hallado is None:
        raise RutInvalido("forma")
    cuerpo = int(hallado[1].replace(".", ""))
    if not _MINIMO <= cuerpo <= _MAXIMO:
        raise RutInvalido("rango")
    if digito_verificador(cuerpo) != hallado[2].upper():
        raise RutInvalido("digito")
    return f"{cuerpo}-{hallado[2].upper()}"
