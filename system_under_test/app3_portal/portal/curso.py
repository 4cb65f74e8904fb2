"""One request to the middleware: what is sent, and what its tries have said so far. It does no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errores import ErrorMiddleware, NoResponde, Problema

CLAVE_EN_CURSO = "clave_en_curso"


@dataclass(frozen=True, slots=True)
class Peticion:
    """What is asked. `familia` names the kind of request whose failures are remembered together.

    One with an idempotency key (`clave`) insists on every address. `lectura_s` bounds the wait for an answer.
    """

    metodo: str
    ruta: str
    familia: str
    cuerpo: Mapping[str, Any] | None = None
    clave: str | None = None
    lectura_s: float | None = None

    def datos(self) -> bytes | None:
        """Return the body as it is sent."""
        return None if self.cuerpo is None else json.dumps(self.cuerpo).encode()

    def cabeceras(self) -> dict[str, str]:
        """Return the headers; the same key on every try is what makes trying again safe."""
        cabeceras = {"Accept": "application/json"}
        if self.cuerpo is not None:
            cabeceras["Content-Type"] = "application/json"
        if self.clave is not None:
            cabeceras["Idempotency-Key"] = self.clave
        return cabeceras


@dataclass(slots=True)
class Curso:
    """What has happened to one request so far, over all its tries."""

    error: ErrorMiddleware = field(default_factory=lambda: NoResponde("all addresses set aside", enviada=False))
    _enviada: bool = False

    def anotar(self, error: ErrorMiddleware) -> None:
        """Take a try's failure. A silence hides no earlier answer, and what was sent once stays sent."""
        if isinstance(error, NoResponde):
            self._enviada = self._enviada or error.enviada
            if not isinstance(self.error, NoResponde):
                return
            error.enviada = self._enviada
        self.error = error

    @property
    def puede_mejorar(self) -> bool:
        """Whether the same request, a moment later, may end otherwise."""
        if isinstance(self.error, Problema):
            return self.error.estado >= 500 or self.error.codigo == CLAVE_EN_CURSO
        return True

    @property
    def reintento_en_s(self) -> float:
        """How long the last answer asked to wait."""
        return self.error.reintento_en_s if isinstance(self.error, Problema) else 0.0
