"""What can go wrong between the portal and what is behind it.

ErrorPortal
 +-- ConfiguracionInvalida   a setting is missing or makes no sense
 +-- ErrorMiddleware
      +-- NoResponde         no address answered; `enviada` tells whether one may have acted
      +-- RespuestaInvalida  it answered, but not what docs/ticketflow.md says
      +-- Problema           it answered with a problem document
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ErrorPortal(Exception):
    """The root of the portal's own errors."""


class ConfiguracionInvalida(ErrorPortal):
    """A setting is missing or makes no sense; the message names it."""


class ErrorMiddleware(ErrorPortal):
    """The middleware did not give what was asked."""


class NoResponde(ErrorMiddleware):
    """No address answered. `enviada` is False only when surely no request left this process."""

    def __init__(self, causa: str, *, enviada: bool) -> None:
        super().__init__(f"no address of the middleware answered: {causa}")
        self.enviada = enviada


class RespuestaInvalida(ErrorMiddleware):
    """An answer that is not what the contract says; what it did is not known."""


class Problema(ErrorMiddleware):
    """A problem document: HTTP status, `codigo` and the members beside them.

    `fuente`: which store it speaks of; `reintento_en_s`: how long it asks to wait.
    """

    def __init__(
        self,
        estado: int,
        codigo: str,
        datos: Mapping[str, Any],
        *,
        fuente: str | None = None,
        reintento_en_s: float = 0.0,
    ) -> None:
        super().__init__(f"{estado} {codigo}")
        self.estado = estado
        self.codigo = codigo
        self.datos = datos
        self.fuente = fuente
        self.reintento_en_s = reintento_en_s
