"""The buyer's orders: list, one, PDF, boleta, look-up.

Only orders in the signed cookie are shown. What the cookie remembers is enough for a page; the middleware
adds the ticket's state when it answers. Pages and PDFs say which store that came from: `X-Fuente`, `data-fuente`.
"""

from __future__ import annotations

import hmac
import logging
import uuid

from flask import Blueprint, Response, make_response, redirect, request, session, url_for
from werkzeug.wrappers import Response as RespuestaBase

from .. import sesion
from ..aplicacion import portal
from ..errores import ErrorMiddleware, Problema
from ..modelo import SIN_FUENTE, ConsultaOrdenes, EstadoEntrada, Orden
from ..paginas_error import con_fuente, estado_y_codigo, pagina_error, responder

_log = logging.getLogger(__name__)
rutas = Blueprint("entradas", __name__, url_prefix="/mis-entradas")


@rutas.get("")
def todas() -> Response:
    """All orders of the session, newest first."""
    return _lista()


@rutas.get("/<uuid:orden_id>")
def una(orden_id: uuid.UUID) -> Response:
    """One order of the session; right after the purchase it reads "Compra Exitosa"."""
    orden = sesion.orden(session, str(orden_id))
    if orden is None:
        return _ajena()
    fuente, [(completa, entrada)] = _con_estado([orden])
    return responder("entrada.html", fuente=fuente, orden=completa, entrada=entrada, nueva="nueva" in request.args)


@rutas.get("/<uuid:orden_id>/entrada.pdf")
def pdf(orden_id: uuid.UUID) -> Response:
    """The order's tickets as a file."""
    if sesion.orden(session, str(orden_id)) is None:
        return _ajena()
    try:
        hallado = portal().middleware.entrada_pdf(str(orden_id))
    except ErrorMiddleware as error:
        return _sin_documento(error, orden_id, fuente=_fuente_de(error))
    respuesta = con_fuente(make_response(hallado.contenido), hallado.fuente)
    respuesta.content_type = "application/pdf"
    respuesta.headers["Content-Disposition"] = f'attachment; filename="entradas-{str(orden_id)[:8]}.pdf"'
    return respuesta


@rutas.get("/<uuid:orden_id>/boleta")
def boleta(orden_id: uuid.UUID) -> Response:
    """The order's boleta as a page."""
    orden = sesion.orden(session, str(orden_id))
    if orden is None:
        return _ajena()
    try:
        hallada = portal().middleware.boleta(str(orden_id))
    except ErrorMiddleware as error:
        return _sin_documento(error, orden_id)
    return responder("boleta.html", orden=orden, boleta=hallada)


@rutas.post("/buscar")
def buscar() -> RespuestaBase:
    """Add an order to the session for whoever knows its number and the buyer's e-mail."""
    numero, correo = request.form.get("orden", "").strip(), request.form.get("correo", "").strip()
    try:
        orden_id = str(uuid.UUID(numero))
        orden = portal().middleware.ordenes([orden_id]).ordenes.get(orden_id)
    except ValueError:
        orden = None
    except ErrorMiddleware as error:
        return pagina_error(503, estado_y_codigo(error)[1], volver=url_for("entradas.todas"))
    # One answer for a wrong number and a wrong address: this form must not tell which orders exist.
    if orden is None or not _mismo_correo(orden.correo, correo):
        return _lista(estado=404, codigo="orden_no_encontrada", numero=numero, correo=correo)
    sesion.recordar(session, orden, portal().medir_cookie)
    return redirect(url_for("entradas.una", orden_id=orden.orden_id), 303)


def _lista(estado: int = 200, codigo: str | None = None, numero: str = "", correo: str = "") -> Response:
    """Render the list, with the look-up form below it as it was typed."""
    fuente, compras = _con_estado(sesion.ordenes(session))
    return responder(
        "mis_entradas.html", estado, fuente=fuente, compras=compras, codigo=codigo, numero=numero, correo=correo
    )


def _con_estado(ordenes: list[Orden]) -> tuple[str | None, list[tuple[Orden, EstadoEntrada]]]:
    """Put each order beside its ticket's state, and say which store told; None when there was nothing to ask.

    Whoever does not answer leaves the state unknown.
    """
    if not ordenes:
        return None, []
    consulta = ConsultaOrdenes()
    try:
        consulta = portal().middleware.ordenes([o.orden_id for o in ordenes])
    except ErrorMiddleware as error:
        _log.warning("mis entradas sin estado", extra={"datos": {"error": str(error)}})
    return consulta.fuente, [
        # The cookie gives up seats of old orders when it is full; the middleware still has them.
        (
            o if o.butacas else consulta.ordenes.get(o.orden_id, o),
            consulta.estados.get(o.orden_id, EstadoEntrada()),
        )
        for o in ordenes
    ]


def _ajena() -> Response:
    return pagina_error(404, "orden_desconocida", volver=url_for("entradas.todas"))


def _sin_documento(error: ErrorMiddleware, orden_id: uuid.UUID, fuente: str | None = None) -> Response:
    """Say why a document can't be shown now; the purchase itself is not in doubt."""
    estado, codigo = estado_y_codigo(error)
    if estado == 503:
        codigo = "emision_no_disponible"
    return pagina_error(estado, codigo, volver=url_for("entradas.una", orden_id=orden_id), fuente=fuente)


def _fuente_de(error: ErrorMiddleware) -> str:
    """Return which store said that there is no PDF: a replica that lags says so too early."""
    return (error.fuente if isinstance(error, Problema) else None) or SIN_FUENTE


def _mismo_correo(guardado: str, escrito: str) -> bool:
    return bool(guardado) and hmac.compare_digest(guardado.casefold().encode(), escrito.casefold().encode())
