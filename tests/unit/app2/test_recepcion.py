"""An order that comes again, and one that says something else."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from emision.boleta import emitir_boleta
from emision.orden_creada import leer_orden
from emision.recepcion import contradicciones

Cuerpo = Callable[..., bytes]


def distintos(emitida: bytes, nueva: bytes) -> list[str]:
    """Compare as from the tables: what was stored went through JSON."""
    orden = leer_orden(emitida)
    documento = emitir_boleta(orden, 7, "m-1", datetime(2026, 11, 24, 15, 0, 5))
    datos, documento = json.loads(json.dumps([orden.datos(), documento], ensure_ascii=False))
    return contradicciones(datos, documento, leer_orden(nueva))


def test_the_same_order_again_contradicts_nothing(cuerpo: Cuerpo) -> None:
    assert distintos(cuerpo(), cuerpo(canal="INTERNET")) == []


@pytest.mark.parametrize(
    ("cambio", "campos"),
    [
        ({"cargo_servicio": 2_000, "total": 33_000}, ["cargo_servicio", "total"]),
        ({"item__numero": 99}, ["asientos"]),
        ({"comprador__correo": "otra@example.com"}, ["comprador"]),
        ({"evento__codigo": "EV002"}, ["evento"]),
        ({"evento__afecto_iva": False}, ["detalle"]),
        ({"evento__rut_mandante": "60803000-K"}, ["detalle"]),
        ({"item__tipo_ticket": "VIP"}, ["detalle"]),
    ],
)
def test_what_it_says_otherwise_is_named(cuerpo: Cuerpo, cambio: dict[str, Any], campos: list[str]) -> None:
    assert distintos(cuerpo(), cuerpo(**cambio)) == campos
