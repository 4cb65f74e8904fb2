"""TicketFlow's sales portal: Spanish pages for buyers, rendered on the server.

    buyer -> HAProxy -> portal: routes -> Middleware (address list, failover) -> app1 / RabbitMQ / app2
                          |-- CatalogoLocal (memory and disk)    served when nothing else answers
                          '-- signed cookie (the buyer's orders) "mis entradas" when nothing else answers

It keeps no data of its own besides the catalogue's copy, so any portal can serve any request.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]  # it has no stubs
from werkzeug.middleware.proxy_fix import ProxyFix

from . import formatos, textos
from .aplicacion import Portal
from .casillas import casillero
from .catalogo import CatalogoLocal
from .configuracion import Configuracion
from .metricas import Metricas
from .middleware import Middleware
from .operacion import registrar_operacion
from .paginas_error import registrar_paginas_error
from .rutas import compras, entradas, eventos, retenciones
from .sesion import InterfazSesion, medidor

MAX_FORMULARIO_BYTES = 64 * 1024
_MEDIO_ANIO_S = 182 * 86_400
_CSRF_S = 4 * 3_600


def create_app(config: Configuracion | None = None) -> Flask:
    """Make the application and start its background refresh; settings come from the environment."""
    config = config or Configuracion.de_entorno()
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=config.clave_sesion,
        SESSION_COOKIE_NAME="ticketflow",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=_MEDIO_ANIO_S,
        MAX_CONTENT_LENGTH=MAX_FORMULARIO_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=_MEDIO_ANIO_S,
        WTF_CSRF_TIME_LIMIT=_CSRF_S,
    )
    app.session_interface = InterfazSesion()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]  # Flask's own way
    CSRFProtect(app)
    metricas = Metricas()
    middleware = Middleware(config, metricas)
    catalogo = CatalogoLocal(config.catalogo_archivo, middleware.eventos, config.refresco_catalogo_s)
    app.extensions["portal"] = Portal(config, metricas, middleware, catalogo, medidor(app))
    registrar_operacion(app)
    registrar_paginas_error(app)
    for modulo in (eventos, retenciones, compras, entradas):
        app.register_blueprint(modulo.rutas)
    _preparar_plantillas(app)
    if config.refresco_activo:
        catalogo.arrancar()
    return app


def _preparar_plantillas(app: Flask) -> None:
    """Give templates their filters, and compile them now: the first buyers should not wait for it."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(pesos=formatos.pesos, fecha=formatos.fecha, tono=tono)
    app.jinja_env.globals.update(
        casillas=casillero(app.jinja_env),
        ERRORES=textos.ERRORES,
        ESTADOS_ENTRADA=textos.ESTADOS_ENTRADA,
        ESTADOS_ASIENTO=textos.ESTADOS_ASIENTO,
        SIN_INFORMACION=textos.SIN_INFORMACION,
        version_estilo=_version(Path(app.root_path) / "static"),
    )

    @app.context_processor
    def _aviso() -> dict[str, Any]:
        catalogo = app.extensions["portal"].catalogo
        return {"catalogo_antiguo": formatos.antiguedad(catalogo.edad_s()) if catalogo.es_antigua() else None}

    for nombre in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(nombre)


def tono(codigo: str) -> int:
    """Return which of the style sheet's six poster colours an event has; CSP forbids inline styles."""
    return sum(codigo.encode()) % 6


def _version(carpeta: Path) -> str:
    """Name the style's content, so that browsers may keep it for long and still see a change."""
    contenido = b"".join(p.read_bytes() for p in sorted(carpeta.iterdir()))
    return hashlib.sha256(contenido).hexdigest()[:10]
