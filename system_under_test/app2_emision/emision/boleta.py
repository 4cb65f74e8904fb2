"""The boleta electrónica as a JSON document: type 39, for a show on account of a third party (IndServicio 4).

Names follow SII's schema, so that an XML export maps one to one; `esquema`, `validez_tributaria` and `_meta`
are ours. It is a simulation: SII's sample issuer, no timbre, no validity.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emision.orden_creada import Item, OrdenCreada
from emision.tiempo import hora_local

TIPO_DTE = 39
RUT_GENERICO = "66666666-6"
EMISOR = {
    "RUTEmisor": "97975000-5",
    "RznSocEmisor": "RUT DE PRUEBA",
    "GiroEmisor": "Venta de entradas (prueba)",
    "DirOrigen": "Dirección de prueba 1",
    "CmnaOrigen": "Santiago",
    "CiudadOrigen": "Santiago",
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Montos:
    """A boleta's totals in CLP; `neto + iva + exento == total`."""

    neto: int
    iva: int
    exento: int

    @property
    def total(self) -> int:
        return self.neto + self.iva + self.exento

    def totales(self) -> Json:
        """SII's Totales: what is zero is left out, since the schema takes positive amounts only."""
        campos = {"MntNeto": self.neto, "IVA": self.iva, "MntExe": self.exento}
        return {nombre: monto for nombre, monto in campos.items() if monto} | {"MntTotal": self.total}


def calcular_montos(afecto: int, exento: int) -> Montos:
    """Split gross amounts: neto is afecto / 1.19 rounded, IVA the rest, as 19 % of neto may miss the sum."""
    neto = (200 * afecto + 119) // 238
    return Montos(neto=neto, iva=afecto - neto, exento=exento)


def emitir_boleta(orden: OrdenCreada, folio: int, mensaje_id: str, ahora: datetime) -> Json:
    """Build the document of `orden`, issued with `folio` at `ahora` (UTC)."""
    entradas = sum(item.precio for item in orden.items)
    montos = (
        calcular_montos(orden.total, 0) if orden.evento.afecto_iva else calcular_montos(orden.cargo_servicio, entradas)
    )
    return {
        "esquema": "ticketflow-boleta/1",
        "validez_tributaria": False,
        "Encabezado": {
            "IdDoc": {
                "TipoDTE": TIPO_DTE,
                "Folio": folio,
                "FchEmis": hora_local(ahora)[:10],
                "IndServicio": 4,
            },
            "Emisor": EMISOR,
            "Receptor": {
                "RUTRecep": RUT_GENERICO,
                "RznSocRecep": orden.comprador.nombre[:100],
                "Contacto": orden.comprador.correo[:80],
            },
            "Totales": montos.totales(),
        },
        "Detalle": detalle(orden),
        "Referencia": [{"NroLinRef": 1, "CodRef": "ORDEN", "RazonRef": str(orden.orden_id), "CodVndor": "INTERNET"}],
        "_meta": {"orden_id": str(orden.orden_id), "mensaje_id": mensaje_id},
    }


def detalle(orden: OrdenCreada) -> list[Json]:
    """The lines: one a ticket, and the fee last; they depend on the order alone."""
    lineas = [_linea_entrada(orden, item) for item in orden.items]
    if orden.cargo_servicio:
        lineas.append(
            {"ItemEspectaculo": "02", "NmbItem": "VALOR SERVICIO - COMISION"} | _valores(orden.cargo_servicio)
        )
    return [{"NroLinDet": numero} | linea for numero, linea in enumerate(lineas, start=1)]


def _linea_entrada(orden: OrdenCreada, item: Item) -> Json:
    exenta: Json = {} if orden.evento.afecto_iva else {"IndExe": 1}
    return {
        **exenta,
        "ItemEspectaculo": "01",
        "RUTMandante": orden.evento.rut_mandante.upper(),
        "NmbItem": f"TICKET {orden.evento.nombre}"[:80],
        "InfoTicket": {
            "FolioTicket": item.folio_ticket,
            "FchGenera": hora_local(orden.creada_en),
            "NmbEvento": orden.evento.nombre,
            "TpoTicket": item.tipo_ticket,
            "CdgEvento": orden.evento.codigo,
            "FchEvento": hora_local(orden.evento.inicia_en),
            "LugarEvento": orden.evento.lugar,
            "UbicEvento": item.sector,
            "FilaUbicEvento": item.fila,
            "AsntoUbicEvento": str(item.numero),
        },
        **_valores(item.precio),
    }


def _valores(monto: int) -> Json:
    return {"QtyItem": 1, "PrcItem": monto, "MontoItem": monto}
