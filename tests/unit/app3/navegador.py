"""A buyer's browser, and the ways in which the middleware can misbehave, for the portal's tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from middleware_falso import Falla
from werkzeug.test import TestResponse

FALLAS_DE_RESPUESTA = {
    "breaks the connection": Falla(corta=True),
    "does not answer": Falla(espera_s=3),
    "503": Falla(estado=503, codigo="servicio_no_disponible"),
    "500": Falla(estado=500, codigo="error_interno"),
    "not JSON": Falla(cuerpo=b"<html>hola"),
    "JSON of another shape": Falla(cuerpo=b'{"ordenes": [{"orden_id": 7, "ticket_estado": ["x"]}, 3]}'),
    "a list": Falla(cuerpo=b"[]"),
    "JSON without end": Falla(cuerpo=b"[" * 100_000),
    "numbers without end": Falla(cuerpo=b'{"ordenes": [{"orden_id": "x", "folio": Infinity}], "sectores": [Infinity]}'),
    "dies while it answers": Falla(a_medias=True),
    "429": Falla(estado=429, codigo="demasiadas_peticiones"),
    "404": Falla(estado=404, codigo="ruta_desconocida"),
}
COMPRADOR = {"nombre": "Ana Rojas Pérez", "rut": "12.345.678-5", "correo": "ana@ejemplo.cl"}


@dataclass
class Comprador:
    """A buyer's browser: keeps cookies, reads forms."""

    cliente: FlaskClient

    def campos(self, html: str, accion: str) -> dict[str, str]:
        """Return the hidden fields of the form that leads to `accion`."""
        formulario = re.search(rf'<form[^>]*action="{re.escape(accion)}".*?</form>', html, re.S)
        assert formulario, f"no form to {accion} in: {html[:2000]}"
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', formulario[0]))

    def ver_mapa(self, sector: str = "PLATEA ALTA") -> str:
        return self.cliente.get("/eventos/EV001/mapa", query_string={"sector": sector}).text

    def retener(self, *asientos: int) -> TestResponse:
        datos: dict[str, Any] = self.campos(self.ver_mapa(), "/retenciones")
        return self.cliente.post("/retenciones", data={**datos, "asiento": list(asientos)})

    def formulario_pago(self, *asientos: int) -> dict[str, str]:
        """Hold seats and return the filled checkout form."""
        retenida = self.retener(*(asientos or (100_001,)))
        assert retenida.status_code == 303, retenida.text
        pago = self.cliente.get(retenida.location)
        return {**self.campos(pago.text, "/compras"), **COMPRADOR}

    def comprar(self, *asientos: int) -> TestResponse:
        return self.cliente.post("/compras", data=self.formulario_pago(*asientos))

    def orden_id(self) -> str:
        """Buy a seat and return the order's id."""
        comprada = self.comprar()
        assert comprada.status_code == 303, comprada.text
        return comprada.location.split("/")[2].split("?")[0]


def codigo(html: str) -> str | None:
    """Return the code that an error page carries."""
    hallado = re.search(r'data-codigo="([^"]*)"', html)
    return hallado[1] if hallado else None
