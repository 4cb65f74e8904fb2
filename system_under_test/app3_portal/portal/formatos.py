"""How amounts, dates and ages read on a page, in Chilean Spanish."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency

_LOCAL = Locale.parse("es_CL")
_ZONA = ZoneInfo("America/Santiago")
# Babel's own es_CL pattern has a 12 hour clock, which tickets here don't use.
_PATRONES = {
    "larga": "EEEE d 'de' MMMM 'de' y, HH:mm\u00a0'h'",
    "corta": "d MMM y, HH:mm\u00a0'h'",
    "dia": "d",
    "mes": "MMM",
    "hora": "HH:mm\u00a0'h'",
}


@lru_cache(maxsize=2048)
def pesos(monto: int) -> str:
    """Return `$34.000` for 34000."""
    texto = format_currency(abs(monto), "CLP", locale=_LOCAL)
    return f"-{texto}" if monto < 0 else texto


@lru_cache(maxsize=4096)
def fecha(momento: datetime, forma: str = "larga") -> str:
    """Return a moment in Santiago's time, in one of the forms of `_PATRONES`."""
    texto = format_datetime(momento, _PATRONES[forma], tzinfo=_ZONA, locale=_LOCAL)
    return texto.rstrip(".") if forma == "mes" else texto


def antiguedad(segundos: float) -> str:
    """Return an age in words: `hace 3 minutos`."""
    for unidad, largo in (("día", 86_400), ("hora", 3_600), ("minuto", 60)):
        cuantos = int(segundos // largo)
        if cuantos:
            return f"hace {cuantos} {unidad}{'' if cuantos == 1 else 's'}"
    return "hace menos de un minuto"


def ahora() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
