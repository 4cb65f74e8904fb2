"""Holding seats, the checkout form, giving seats back."""

from __future__ import annotations

import re
import uuid

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as RespuestaBase

from ..aplicacion import portal
from ..errores import NoResponde, Problema, RespuestaInvalida
from ..formatos import ahora
from ..formulario import FormularioComprador, clave_valida
from ..middleware import es_incierta
from ..modelo import Evento, Retencion
from ..paginas_error import pagina_error, responder
from ..sesion import identidad
from .eventos import evento_desconocido, pagina_mapa

MAX_ASIENTOS = 8
_ID_ASIENTO = re.compile(r"\d{1,18}", re.ASCII)
rutas = Blueprint("retenciones", __name__)


@rutas.post("/retenciones")
def retener() -> RespuestaBase:
    """Hold the chosen seats and go to the checkout form."""
    evento = portal().catalogo.evento(request.form.get("evento", ""))
    if evento is None:
        return evento_desconocido()
    sector = request.form.get("sector", "")
    asientos = leer_asientos(request.form.getlist("asiento"))
    if asientos is None:
        return pagina_error(404, "asiento_desconocido", volver=url_for("eventos.evento", codigo=evento.codigo))
    if not 1 <= len(asientos) <= MAX_ASIENTOS:
        codigo = "demasiados_asientos" if asientos else "sin_asientos"
        return pagina_mapa(evento, sector, estado=400, codigo=codigo, elegidos=asientos)
    clave = request.form.get("clave", "")
    if not clave_valida(clave):
        clave = uuid.uuid4().hex
    try:
        retencion = portal().middleware.retener(evento.codigo, asientos, identidad(session), clave)
    except (NoResponde, Problema, RespuestaInvalida) as error:
        if isinstance(error, Problema) and error.codigo == "asiento_no_disponible":
            perdidos = _perdidos(error)
            return pagina_mapa(evento, sector, estado=409, codigo=error.codigo, elegidos=asientos, perdidos=perdidos)
        if isinstance(error, NoResponde) or es_incierta(error):
            return _reintentar(evento, sector, asientos, clave)
        raise
    return redirect(url_for("retenciones.pagar", retencion_id=retencion.id), 303)


@rutas.get("/retenciones/<uuid:retencion_id>")
def pagar(retencion_id: uuid.UUID) -> Response:
    """The checkout form of a hold."""
    return pagina_pago(portal().middleware.retencion(str(retencion_id)), FormularioComprador())


@rutas.post("/retenciones/<uuid:retencion_id>/liberar")
def liberar(retencion_id: uuid.UUID) -> RespuestaBase:
    """Give the seats back and return to the event."""
    retencion = portal().middleware.retencion(str(retencion_id))
    portal().middleware.liberar(str(retencion_id))
    return redirect(url_for("eventos.evento", codigo=retencion.evento), 303)


def pagina_pago(
    retencion: Retencion, formulario: FormularioComprador, *, clave: str | None = None, estado: int = 200
) -> Response:
    """Render the checkout form, or say why this hold can't be bought any more."""
    volver = url_for("eventos.evento", codigo=retencion.evento)
    if retencion.estado == "CONFIRMADA":
        return pagina_error(409, "retencion_confirmada", volver=url_for("entradas.todas"))
    if retencion.estado == "LIBERADA":
        return pagina_error(409, "retencion_liberada", volver=volver)
    minutos = (retencion.expira_en - ahora()).total_seconds() / 60
    if retencion.estado == "EXPIRADA" or minutos <= 0:
        return pagina_error(409, "retencion_expirada", volver=volver)
    return responder(
        "pago.html",
        estado,
        retencion=retencion,
        evento=portal().catalogo.evento(retencion.evento),
        formulario=formulario,
        clave=clave or uuid.uuid4().hex,
        minutos=max(1, round(minutos)),
    )


def leer_asientos(valores: list[str]) -> list[int] | None:
    """Return the seats' ids without repetitions; None when one of them is no id."""
    if any(not _ID_ASIENTO.fullmatch(valor) for valor in valores):
        return None
    return list(dict.fromkeys(int(valor) for valor in valores))


def _perdidos(problema: Problema) -> set[int]:
    """Return the ids of the seats that are gone."""
    asientos = problema.datos.get("asientos")
    return {a for a in asientos if isinstance(a, int)} if isinstance(asientos, list) else set()


def _reintentar(evento: Evento, sector: str, asientos: list[int], clave: str) -> Response:
    """Offer the same form with the same key: a hold that was made after all is found, not made twice."""
    campos = {
        "evento": evento.codigo,
        "sector": sector,
        "clave": clave,
        "asiento": [str(a) for a in asientos],
    }
    return pagina_error(
        503,
        "servicio_no_disponible",
        volver=url_for("eventos.evento", codigo=evento.codigo),
        reintento={"accion": url_for("retenciones.retener"), "campos": campos, "boton": "reservar"},
    )
