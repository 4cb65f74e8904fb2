"""The middleware as the portal sees it: one method an operation of docs/ticketflow.md."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import urllib3

from .conexion import Conexion, leer_fuente, leer_json
from .configuracion import Configuracion
from .curso import CLAVE_EN_CURSO, Peticion
from .errores import ErrorMiddleware, NoResponde, Problema, RespuestaInvalida
from .metricas import Metricas
from .modelo import (
    SIN_FUENTE,
    ConsultaOrdenes,
    EntradaPDF,
    Evento,
    Mapa,
    Orden,
    Retencion,
    Sector,
    leer_boleta,
    leer_disponibilidad,
    leer_eventos,
    leer_mapa,
    leer_orden,
    leer_ordenes,
    leer_retencion,
)

T = TypeVar("T")
# The event page is useful without counts: better soon without than late with them.
_DISPONIBILIDAD_S = 1.0


class Middleware:
    """Operations of the middleware. All raise NoResponde, Problema or RespuestaInvalida."""

    def __init__(self, config: Configuracion, metricas: Metricas) -> None:
        self._conexion = Conexion(config, metricas)
        self._compra_s = config.compra_s
        self._plazo_compra_s = config.plazo_compra_s

    def eventos(self) -> tuple[Evento, ...]:
        """Return the catalogue."""
        return self._pedir(Peticion("GET", "/v1/eventos", "catalogo"), leer_eventos)

    def disponibilidad(self, evento: str) -> tuple[Sector, ...]:
        """Return the sectors with their free seats."""
        ruta = f"/v1/eventos/{quote(evento, safe='')}/disponibilidad"
        peticion = Peticion("GET", ruta, "disponibilidad", lectura_s=_DISPONIBILIDAD_S)
        return self._pedir(peticion, leer_disponibilidad)

    def mapa(self, evento: str, sector: str) -> Mapa:
        """Return a sector's seats."""
        ruta = f"/v1/eventos/{quote(evento, safe='')}/asientos?{urlencode({'sector': sector})}"
        return self._pedir(Peticion("GET", ruta, "mapa"), leer_mapa)

    def retener(self, evento: str, asientos: Sequence[int], sesion: str, clave: str) -> Retencion:
        """Hold seats, all or none. The key stands for the form and its choice of seats."""
        elegidos = sorted(set(asientos))
        # One form may be sent again with other seats, after "back": that is another request.
        clave = str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join([clave, *map(str, elegidos)])))
        cuerpo = {"evento": evento, "asientos": elegidos, "sesion": sesion}
        peticion = Peticion("POST", "/v1/retenciones", "retencion", cuerpo, clave, self._compra_s)
        return self._conexion.insistir(peticion, lambda r: leer_retencion(leer_json(r)), self._plazo_compra_s)

    def retencion(self, retencion_id: str) -> Retencion:
        """Look a hold up."""
        ruta = f"/v1/retenciones/{quote(retencion_id, safe='')}"
        return self._pedir(Peticion("GET", ruta, "retencion"), leer_retencion)

    def liberar(self, retencion_id: str) -> None:
        """Give a hold's seats back."""
        ruta = f"/v1/retenciones/{quote(retencion_id, safe='')}"
        self._conexion.pedir(Peticion("DELETE", ruta, "retencion"), lambda _: None)

    def comprar(self, retencion_id: str, comprador: dict[str, str], clave: str) -> Orden:
        """Confirm a hold, insisting with the same key for as long as a buyer waits.

        A RespuestaInvalida leaves the outcome unknown, as a NoResponde that was sent.
        """
        cuerpo = {"retencion_id": retencion_id, "comprador": comprador}
        peticion = Peticion("POST", "/v1/ordenes", "compra", cuerpo, clave, self._compra_s)
        return self._conexion.insistir(peticion, lambda r: leer_orden(leer_json(r)), self._plazo_compra_s)

    def ordenes(self, ids: Sequence[str]) -> ConsultaOrdenes:
        """Return what is known of the orders."""
        ruta = f"/v1/ordenes?{urlencode({'ids': ','.join(ids)}, safe=',')}"
        return self._conexion.pedir(
            Peticion("GET", ruta, "ordenes"), lambda r: leer_ordenes(leer_json(r), leer_fuente(r) or SIN_FUENTE)
        )

    def entrada_pdf(self, orden_id: str) -> EntradaPDF:
        """Return an order's PDF."""
        return self._conexion.pedir(Peticion("GET", f"/v1/ordenes/{orden_id}/entrada.pdf", "pdf"), _leer_pdf)

    def boleta(self, orden_id: str) -> dict[str, Any]:
        """Return an order's boleta: `orden_id`, `folio`, `documento` and `emitida_en`."""
        return self._pedir(Peticion("GET", f"/v1/ordenes/{orden_id}/boleta", "boleta"), leer_boleta)

    def _pedir(self, peticion: Peticion, leer: Callable[[Any], T]) -> T:
        return self._conexion.pedir(peticion, lambda respuesta: leer(leer_json(respuesta)))


def _leer_pdf(respuesta: urllib3.BaseHTTPResponse) -> EntradaPDF:
    if not respuesta.data.startswith(b"%PDF-"):
        raise RespuestaInvalida(f"not a PDF: {respuesta.data[:20]!r}")
    return EntradaPDF(respuesta.data, leer_fuente(respuesta))


def es_incierta(error: ErrorMiddleware) -> bool:
    """Tell whether a hold or purchase that ended so may have happened all the same.

    A problem of 5xx may come from a commit whose answer was lost; `clave_en_curso` means that an earlier
    sending of the same form is still at work.
    """
    if isinstance(error, NoResponde):
        return error.enviada
    if isinstance(error, Problema):
        return error.estado >= 500 or error.codigo == CLAVE_EN_CURSO
    return True
