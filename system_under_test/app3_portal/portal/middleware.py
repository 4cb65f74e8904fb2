"""The middleware as the portal sees it: one method an operation of docs/ticketflow.md."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from .conexion import Conexion, leer_json
from .configuracion import Configuracion
from .errores import NoResponde, Problema, RespuestaInvalida
from .metricas import Metricas
from .modelo import (
    ConsultaOrdenes,
    Evento,
    Mapa,
    Orden,
    Retencion,
    Sector,
    leer_disponibilidad,
    leer_eventos,
    leer_mapa,
    leer_orden,
    leer_ordenes,
    leer_retencion,
)

# The event page is useful without counts: better soon without than late with them.
_DISPONIBILIDAD_S = 1.0


class Middleware:
    """Operations of the middleware. All raise NoResponde, Problema or RespuestaInvalida."""

    def __init__(self, config: Configuracion, metricas: Metricas) -> None:
        self._conexion = Conexion(config, metricas)
        self._compra_s = config.compra_s

    def eventos(self) -> tuple[Evento, ...]:
        """Return the catalogue."""
        return leer_eventos(leer_json(self._conexion.pedir("GET", "/v1/eventos", "catalogo")))

    def disponibilidad(self, evento: str) -> tuple[Sector, ...]:
        """Return the sectors with their free seats."""
        ruta = f"/v1/eventos/{quote(evento, safe='')}/disponibilidad"
        pedido = self._conexion.pedir("GET", ruta, "disponibilidad", lectura_s=_DISPONIBILIDAD_S)
        return leer_disponibilidad(leer_json(pedido))

    def mapa(self, evento: str, sector: str) -> Mapa:
        """Return a sector's seats."""
        ruta = f"/v1/eventos/{quote(evento, safe='')}/asientos?{urlencode({'sector': sector})}"
        return leer_mapa(leer_json(self._conexion.pedir("GET", ruta, "mapa")))

    def retener(self, evento: str, asientos: Sequence[int], sesion: str, clave: str) -> Retencion:
        """Hold seats, all or none. The key stands for the form and its choice of seats."""
        elegidos = sorted(set(asientos))
        # One form may be sent again with other seats, after "back": that is another request.
        clave = str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join([clave, *map(str, elegidos)])))
        cuerpo = {"evento": evento, "asientos": elegidos, "sesion": sesion}
        pedido = self._conexion.pedir("POST", "/v1/retenciones", "retencion", cuerpo=cuerpo, clave=clave)
        return leer_retencion(leer_json(pedido))

    def retencion(self, retencion_id: str) -> Retencion:
        """Look a hold up."""
        ruta = f"/v1/retenciones/{quote(retencion_id, safe='')}"
        return leer_retencion(leer_json(self._conexion.pedir("GET", ruta, "retencion")))

    def liberar(self, retencion_id: str) -> None:
        """Give a hold's seats back."""
        self._conexion.pedir("DELETE", f"/v1/retenciones/{quote(retencion_id, safe='')}", "retencion")

    def comprar(self, retencion_id: str, comprador: dict[str, str], clave: str) -> Orden:
        """Confirm a hold. A RespuestaInvalida leaves the outcome unknown, as a NoResponde that was sent."""
        cuerpo = {"retencion_id": retencion_id, "comprador": comprador}
        pedido = self._conexion.pedir(
            "POST", "/v1/ordenes", "compra", cuerpo=cuerpo, clave=clave, lectura_s=self._compra_s
        )
        return leer_orden(leer_json(pedido))

    def ordenes(self, ids: Sequence[str]) -> ConsultaOrdenes:
        """Return what is known of the orders."""
        ruta = f"/v1/ordenes?{urlencode({'ids': ','.join(ids)}, safe=',')}"
        return leer_ordenes(leer_json(self._conexion.pedir("GET", ruta, "ordenes")))

    def entrada_pdf(self, orden_id: str) -> bytes:
        """Return an order's PDF."""
        respuesta = self._conexion.pedir("GET", f"/v1/ordenes/{orden_id}/entrada.pdf", "pdf")
        if not respuesta.data.startswith(b"%PDF-"):
            raise RespuestaInvalida(f"not a PDF: {respuesta.data[:20]!r}")
        return respuesta.data

    def boleta(self, orden_id: str) -> dict[str, Any]:
        """Return an order's boleta: `orden_id`, `folio`, `documento` and `emitida_en`."""
        boleta = leer_json(self._conexion.pedir("GET", f"/v1/ordenes/{orden_id}/boleta", "boleta"))
        if not isinstance(boleta, dict) or not isinstance(boleta.get("documento"), dict):
            raise RespuestaInvalida(f"not a boleta: {str(boleta)[:80]}")
        return boleta


def es_incierta(error: NoResponde | Problema | RespuestaInvalida) -> bool:
    """Tell whether a hold or purchase that ended so may have happened all the same.

    A problem of 5xx may come from a commit whose answer was lost; `clave_en_curso` means that an earlier
    sending of the same form is still at work.
    """
    if isinstance(error, NoResponde):
        return error.enviada
    if isinstance(error, Problema):
        return error.estado >= 500 or error.codigo == "clave_en_curso"
    return True
