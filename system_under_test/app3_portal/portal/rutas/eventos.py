"""Catalogue, event and seat map."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Sequence

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as RespuestaBase

from ..aplicacion import portal
from ..errores import ErrorMiddleware, Problema
from ..modelo import Asiento, Evento
from ..paginas_error import estado_y_codigo, pagina_error, responder

_log = logging.getLogger(__name__)
rutas = Blueprint("eventos", __name__)


@rutas.get("/")
def cartelera() -> Response:
    """All events, from the portal's own copy."""
    eventos = portal().catalogo.eventos
    if eventos is None:
        return pagina_error(503, "catalogo_no_disponible")
    return responder("cartelera.html", eventos=eventos)


@rutas.get("/eventos/<codigo>")
def evento(codigo: str) -> Response:
    """An event's sectors; with free seats while somebody knows them."""
    hallado = portal().catalogo.evento(codigo)
    if hallado is None:
        return evento_desconocido()
    try:
        sectores = portal().middleware.disponibilidad(codigo)
    except ErrorMiddleware as error:
        _log.warning("evento sin disponibilidad", extra={"datos": {"evento": codigo, "error": str(error)}})
        sectores = hallado.sectores
    return responder("evento.html", evento=hallado, sectores=sectores)


@rutas.get("/eventos/<codigo>/mapa")
def mapa(codigo: str) -> RespuestaBase:
    """A sector's seats, to choose from."""
    hallado = portal().catalogo.evento(codigo)
    if hallado is None:
        return evento_desconocido()
    sector = request.args.get("sector", "")
    if not sector:
        return redirect(url_for("eventos.evento", codigo=codigo), 303)
    return pagina_mapa(hallado, sector)


def evento_desconocido() -> Response:
    """Say that an event does not exist; without any catalogue, that this is not known."""
    if portal().catalogo.eventos is None:
        return pagina_error(503, "catalogo_no_disponible")
    return pagina_error(404, "evento_desconocido")


def pagina_mapa(
    evento: Evento,
    sector: str,
    *,
    estado: int = 200,
    codigo: str | None = None,
    elegidos: Collection[int] = (),
    perdidos: Collection[int] = (),
) -> Response:
    """Render a sector's map; with `codigo`, as the answer to a hold that was refused.

    `elegidos` stay ticked where they are still free; `perdidos` are named as gone.
    """
    volver = url_for("eventos.evento", codigo=evento.codigo)
    try:
        plano = portal().middleware.mapa(evento.codigo, sector)
    except ErrorMiddleware as error:
        if codigo is not None:
            return pagina_error(estado, codigo, volver=volver)
        estado_http, causa = estado_y_codigo(error)
        if estado_http == 503 and not isinstance(error, Problema):
            causa = "mapa_no_disponible"
        return pagina_error(estado_http, causa, volver=volver)
    return responder(
        "mapa.html",
        estado,
        evento=evento,
        mapa=plano,
        clave=uuid.uuid4().hex,
        codigo=codigo,
        elegidos=frozenset(elegidos),
        perdidos=nombrar([a for a in plano.asientos() if a.id in perdidos]),
    )


def nombrar(asientos: Sequence[Asiento]) -> list[str]:
    """Return the seats' names as a buyer reads them."""
    return [f"Fila {a.fila}, asiento {a.numero}" for a in asientos]
