"""The purchase.

POST /compras -> form checked -> middleware, with the form's own key, for up to 8 s -> 303 to the order
                                    |-- refused: a page that says why
                                    '-- not known: 503, the same form with the same key to find out
"""

from __future__ import annotations

import logging
import uuid

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as RespuestaBase

from ..aplicacion import portal
from ..errores import ErrorMiddleware, NoResponde, Problema, RespuestaInvalida
from ..formulario import FormularioComprador, clave_valida, leer_comprador
from ..middleware import es_incierta
from ..paginas_error import estado_y_codigo, pagina_error
from ..sesion import recordar
from .retenciones import pagina_pago

_log = logging.getLogger(__name__)
rutas = Blueprint("compras", __name__)


@rutas.post("/compras")
def comprar() -> RespuestaBase:
    """Buy a hold's seats."""
    retencion_id, clave = request.form.get("retencion_id", ""), request.form.get("clave", "")
    if not clave_valida(clave):
        return pagina_error(400, "falta_clave")
    if not _es_uuid(retencion_id):
        return pagina_error(404, "retencion_desconocida")
    formulario = leer_comprador(request.form)
    if formulario.errores:
        return _corregir(retencion_id, formulario, clave)
    try:
        orden = portal().middleware.comprar(retencion_id, formulario.comprador(), clave)
    except (NoResponde, Problema, RespuestaInvalida) as error:
        return _sin_compra(error, retencion_id, formulario, clave)
    recordar(session, orden, portal().medir_cookie)
    portal().metricas.compras.labels("ok").inc()
    return redirect(url_for("entradas.una", orden_id=orden.orden_id, nueva=1), 303)


def _corregir(retencion_id: str, formulario: FormularioComprador, clave: str) -> Response:
    """Show the form again with its errors; when the hold can't be read now, keep what was typed."""
    try:
        retencion = portal().middleware.retencion(retencion_id)
    except ErrorMiddleware as error:
        if estado_y_codigo(error)[0] != 503:
            raise
        return _otra_vez("compra_no_enviada", "comprar", retencion_id, formulario, clave)
    return pagina_pago(retencion, formulario, clave=clave, estado=422)


def _es_uuid(texto: str) -> bool:
    try:
        uuid.UUID(texto)
    except ValueError:
        return False
    return True


def _sin_compra(
    error: NoResponde | Problema | RespuestaInvalida,
    retencion_id: str,
    formulario: FormularioComprador,
    clave: str,
) -> Response:
    """Tell the buyer what is known of a purchase that did not come back as done."""
    incierta = es_incierta(error)
    portal().metricas.compras.labels("desconocida" if incierta else "rechazada").inc()
    _log.warning("compra sin orden", extra={"datos": {"error": str(error), "incierta": incierta}})
    if not incierta and isinstance(error, Problema):
        return _rechazo(error, retencion_id, formulario)
    if incierta:
        return _otra_vez("resultado_desconocido", "averiguar", retencion_id, formulario, clave)
    return _otra_vez("compra_no_enviada", "comprar", retencion_id, formulario, clave)


def _otra_vez(codigo: str, boton: str, retencion_id: str, formulario: FormularioComprador, clave: str) -> Response:
    """Answer 503 with the same form and the same key: pressing the button again cannot buy twice."""
    campos = {
        "retencion_id": retencion_id,
        "clave": clave,
        "nombre": formulario.nombre,
        "rut": formulario.rut,
        "correo": formulario.correo,
    }
    reintento = {"accion": url_for("compras.comprar"), "campos": campos, "boton": boton}
    return pagina_error(503, codigo, volver=url_for("entradas.todas"), reintento=reintento)


def _rechazo(problema: Problema, retencion_id: str, formulario: FormularioComprador) -> Response:
    """Show a refusal; buyer data that app1 did not take goes back to the form, with a new key."""
    if problema.codigo == "comprador_invalido":
        try:
            return pagina_pago(portal().middleware.retencion(retencion_id), formulario, estado=422)
        except ErrorMiddleware:
            return pagina_error(422, problema.codigo)
    volver = url_for("entradas.todas") if problema.codigo in ("retencion_confirmada", "clave_reutilizada") else None
    return pagina_error(problema.estado, problema.codigo, volver=volver)
