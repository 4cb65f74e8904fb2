"""What surrounds every request: health, metrics, access log, security headers."""

from __future__ import annotations

import logging
import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from .aplicacion import portal

_log = logging.getLogger(__name__)
_SIN_BITACORA = ("static", "viva", "lista", "metrics")
_LENTA_S = 1.0
_CABECERAS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def registrar_operacion(app: Flask) -> None:
    """Install the operational routes and the hooks round each request."""
    app.before_request(_antes)
    app.after_request(_despues)
    app.add_url_rule("/salud/viva", "viva", viva)
    app.add_url_rule("/salud/lista", "lista", lista)
    app.add_url_rule("/metrics", "metrics", metrics)


def _antes() -> None:
    g.inicio = time.perf_counter()


def _despues(respuesta: Response) -> Response:
    for nombre, valor in _CABECERAS.items():
        respuesta.headers[nombre] = valor
    if request.endpoint != "static":
        respuesta.headers["Cache-Control"] = "no-store"
    duracion_s = time.perf_counter() - g.inicio if "inicio" in g else 0.0
    _medir(respuesta.status_code, duracion_s)
    return respuesta


def _medir(estado: int, duracion_s: float) -> None:
    """Count the request under its route's pattern; log it when it changes something, fails or is slow.

    A line for each page read would cost more than some pages do; the metrics count them all.
    """
    ruta = request.url_rule.rule if request.url_rule else ""
    portal().metricas.peticiones.labels(request.method, ruta, str(estado)).observe(duracion_s)
    es_lectura = request.method in ("GET", "HEAD", "OPTIONS")
    if request.endpoint in _SIN_BITACORA or (es_lectura and estado < 500 and duracion_s < _LENTA_S):
        return
    datos = {
        "metodo": request.method,
        "ruta": request.path,
        "estado": estado,
        "ms": round(duracion_s * 1000, 1),
        "cliente": request.remote_addr,
    }
    _log.info("peticion", extra={"datos": datos})


def viva() -> dict[str, bool]:
    """The process serves."""
    return {"viva": True}


def lista() -> tuple[Response, int]:
    """The portal can do its main job, showing the catalogue; what is behind it is told, not required."""
    catalogo = portal().catalogo
    edad_s = catalogo.edad_s()
    dependencias: dict[str, Any] = {
        "catalogo": {
            "ok": edad_s is not None,
            "detalle": "sin copia" if edad_s is None else f"copia de hace {edad_s:.0f} s",
        },
        "middleware": {"ok": catalogo.ultimo_error is None, "detalle": catalogo.ultimo_error or ""},
    }
    esta_lista = edad_s is not None
    return jsonify(lista=esta_lista, dependencias=dependencias), 200 if esta_lista else 503


def metrics() -> Response:
    """Prometheus metrics."""
    metricas = portal().metricas
    metricas.edad_catalogo.set(portal().catalogo.edad_s() or 0.0)
    return Response(generate_latest(metricas.registro), content_type=CONTENT_TYPE_LATEST)
