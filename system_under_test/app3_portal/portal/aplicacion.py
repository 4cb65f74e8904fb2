"""What a request handler can reach: settings, middleware, catalogue, metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from .catalogo import CatalogoLocal
from .configuracion import Configuracion
from .metricas import Metricas
from .middleware import Middleware


@dataclass(frozen=True, slots=True)
class Portal:
    """The parts of one application."""

    config: Configuracion
    metricas: Metricas
    middleware: Middleware
    catalogo: CatalogoLocal
    medir_cookie: Callable[[dict[str, Any]], int]


def portal() -> Portal:
    """Return the parts of the application at work."""
    return cast(Portal, current_app.extensions["portal"])
