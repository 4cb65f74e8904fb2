"""Error pages a buyer understands: one template, a `data-codigo`, Retry-After where waiting helps."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, make_response, render_template
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # it has no stubs
from werkzeug.exceptions import HTTPException

from . import textos
from .errores import ErrorMiddleware, Problema

_log = logging.getLogger(__name__)

REINTENTO_S = 1
_POR_ESTADO = {
    400: "peticion_invalida",
    404: "no_encontrada",
    405: "metodo_no_permitido",
    409: "peticion_invalida",
    413: "cuerpo_muy_grande",
    422: "peticion_invalida",
    429: "demasiadas_peticiones",
    500: "error_interno",
    503: "servicio_no_disponible",
}


def responder(plantilla: str, estado: int = 200, *, fuente: str | None = None, **contexto: Any) -> Response:
    """Render a page; a 429 or 503 says when to come back. `fuente`: which store its tickets were read from."""
    respuesta = make_response(render_template(plantilla, fuente=fuente, **contexto), estado)
    if estado in (429, 503):
        respuesta.headers["Retry-After"] = str(REINTENTO_S)
    return con_fuente(respuesta, fuente)


def con_fuente(respuesta: Response, fuente: str | None) -> Response:
    """Say in an answer's headers which store it was read from, where that is known."""
    if fuente is not None:
        respuesta.headers["X-Fuente"] = fuente
    return respuesta


def pagina_error(
    estado: int,
    codigo: str,
    *,
    volver: str | None = None,
    reintento: Mapping[str, Any] | None = None,
    fuente: str | None = None,
) -> Response:
    """Answer with an error page.

    `volver` is where its link leads; `reintento` a form to send again: `accion`, `campos`, `boton`.
    """
    if codigo not in textos.ERRORES:
        codigo = _POR_ESTADO.get(estado, "error_interno" if estado >= 500 else "peticion_invalida")
    titulo, texto = textos.ERRORES[codigo]
    contexto = {"codigo": codigo, "titulo": titulo, "texto": texto, "volver": volver, "reintento": reintento}
    return responder("error.html", estado, fuente=fuente, **contexto)


def estado_y_codigo(error: ErrorMiddleware) -> tuple[int, str]:
    """Return the status and code with which a buyer sees what the middleware did."""
    if isinstance(error, Problema):
        if error.estado in _POR_ESTADO and error.estado not in (405, 500):
            return error.estado, error.codigo
        _log.error("problema inesperado del middleware", extra={"datos": {"error": str(error)}})
    return 503, "servicio_no_disponible"


def registrar_paginas_error(app: Flask) -> None:
    """Install the handlers."""

    @app.errorhandler(CSRFError)
    def _csrf(error: CSRFError) -> Response:
        return pagina_error(403, "csrf")

    @app.errorhandler(ErrorMiddleware)
    def _middleware(error: ErrorMiddleware) -> Response:
        estado, codigo = estado_y_codigo(error)
        _log.warning("sin respuesta util", extra={"datos": {"error": str(error), "codigo": codigo}})
        return pagina_error(estado, codigo)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if error.code is not None and error.code < 400:
            return make_response(error.get_response())
        return pagina_error(error.code or 500, "")
