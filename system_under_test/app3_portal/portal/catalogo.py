"""The portal's own copy of the catalogue: in memory, and on disk for the next start.

    middleware --every 5 s--> CatalogoLocal.refrescar() -> memory, file (replaced whole, never half-written)
    file --at start--> memory

The copy is served whatever happens behind; pages say how old it is once it is more than a missed refresh
old. Losing the disk costs only the next start: memory goes on.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .errores import ErrorMiddleware
from .formatos import ahora
from .modelo import Evento, leer_eventos, momento

_log = logging.getLogger(__name__)
_TICS_SIN_AVISO = 4
_ESPERA_SIN_CATALOGO_S = 0.5


@dataclass(frozen=True, slots=True)
class Copia:
    """A catalogue and the moment it was obtained."""

    eventos: tuple[Evento, ...]
    obtenida_en: datetime


class CatalogoLocal:
    """The newest catalogue this portal has seen. `refrescar` is for one thread; reading is for all."""

    def __init__(
        self,
        archivo: Path,
        leer: Callable[[], tuple[Evento, ...]],
        refresco_s: float,
        reloj: Callable[[], datetime] = ahora,
    ) -> None:
        self._archivo = archivo
        self._leer = leer
        self._refresco_s = refresco_s
        self._reloj = reloj
        self._copia = cargar(archivo)
        self.ultimo_error: str | None = None

    @property
    def eventos(self) -> tuple[Evento, ...] | None:
        """The events, soonest first; None when no copy was ever obtained."""
        return self._copia.eventos if self._copia else None

    def evento(self, codigo: str) -> Evento | None:
        """Return an event by its code."""
        return next((e for e in self.eventos or () if e.codigo == codigo), None)

    def edad_s(self) -> float | None:
        """Return the copy's age in seconds."""
        return (self._reloj() - self._copia.obtenida_en).total_seconds() if self._copia else None

    def es_antigua(self) -> bool:
        """Tell whether the copy is older than refreshing in good health lets it be."""
        edad = self.edad_s()
        return edad is not None and edad > self._refresco_s * _TICS_SIN_AVISO

    def refrescar(self) -> bool:
        """Ask for the catalogue and keep it; on failure the old copy stays."""
        try:
            eventos = self._leer()
        except ErrorMiddleware as error:
            if self.ultimo_error is None:
                _log.warning("catalogo sin refrescar", extra={"datos": {"error": str(error)}})
            self.ultimo_error = str(error)
            return False
        if self.ultimo_error is not None:
            _log.info("catalogo otra vez al dia")
        self.ultimo_error = None
        self._copia = Copia(eventos, self._reloj())
        try:
            guardar(self._archivo, self._copia)
        except OSError as error:
            _log.error("catalogo sin guardar", extra={"datos": {"error": str(error)}})
        return True

    def refrescar_siempre(self, fin: threading.Event) -> None:
        """Refresh until `fin` is set; hurry while there is nothing to show."""
        while not fin.is_set():
            try:
                self.refrescar()
            except Exception:  # noqa: BLE001 - this thread's end would freeze the catalogue without a word
                _log.exception("refresco del catalogo")
            fin.wait(self._refresco_s if self._copia else _ESPERA_SIN_CATALOGO_S)

    def arrancar(self) -> threading.Event:
        """Start refreshing in the background; set the returned event to stop."""
        fin = threading.Event()
        threading.Thread(target=self.refrescar_siempre, args=(fin,), name="catalogo", daemon=True).start()
        return fin


def cargar(archivo: Path) -> Copia | None:
    """Read the copy on disk; one that is missing or cannot be read is as good as none."""
    try:
        guardado = json.loads(archivo.read_bytes())
        return Copia(leer_eventos(guardado), momento(guardado["obtenida_en"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ErrorMiddleware) as error:
        _log.warning("copia del catalogo ilegible", extra={"datos": {"error": str(error)}})
        return None


def guardar(archivo: Path, copia: Copia) -> None:
    """Replace the copy on disk in one step, so that a crash leaves the old one or the new one."""
    archivo.parent.mkdir(parents=True, exist_ok=True)
    nuevo = archivo.with_name(archivo.name + ".nuevo")
    with nuevo.open("w", encoding="utf-8") as salida:
        json.dump(_a_json(copia), salida, ensure_ascii=False)
        salida.flush()
        os.fsync(salida.fileno())
    nuevo.replace(archivo)


def _a_json(copia: Copia) -> dict[str, Any]:
    """The form that `leer_eventos` reads, with the copy's moment beside it."""
    return {
        "obtenida_en": copia.obtenida_en.isoformat(),
        "eventos": [
            {
                "codigo": e.codigo,
                "nombre": e.nombre,
                "lugar": e.lugar,
                "inicia_en": e.inicia_en.isoformat(),
                "sectores": [{"nombre": s.nombre, "precio": s.precio, "capacidad": s.capacidad} for s in e.sectores],
            }
            for e in copia.eventos
        ],
    }
