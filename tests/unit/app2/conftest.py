"""A sample order, as app1 sends it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

ORDEN_ID = "0199d2f0-0000-7000-8000-000000000001"

Fabrica = Callable[..., dict[str, Any]]


def fabricar(**cambios: Any) -> dict[str, Any]:
    """An `OrdenCreada` body; a change named `evento__nombre` reaches into the part `evento`."""
    item = {"sector": "PLATEA ALTA", "fila": "F", "tipo_ticket": "GENERAL", "precio": 15_500}
    orden: dict[str, Any] = {
        "version": 1,
        "orden_id": ORDEN_ID,
        "creada_en": "2026-11-24T15:00:00.123Z",
        "evento": {
            "codigo": "EV001",
            "nombre": "Ñandú en concierto",
            "lugar": "Estadio de prueba, Santiago",
            "inicia_en": "2026-12-06T00:00:00Z",
            "afecto_iva": True,
            "rut_mandante": "76086428-5",
        },
        "comprador": {"rut": "12345678-5", "nombre": "María Núñez", "correo": "maria@example.com"},
        "items": [
            item | {"asiento_id": 11, "numero": 12, "folio_ticket": 17},
            item | {"asiento_id": 12, "numero": 13, "folio_ticket": 18},
        ],
        "cargo_servicio": 3_000,
        "total": 34_000,
        "moneda": "CLP",
        "medio_pago": 2,
    }
    for nombre, valor in cambios.items():
        parte, _, campo = nombre.rpartition("__")
        destino = orden["items"][0] if parte == "item" else orden[parte] if parte else orden
        destino[campo] = valor
    return orden


@pytest.fixture
def cuerpo() -> Callable[..., bytes]:
    """Make a message's bytes: `cuerpo(total=1)`, `cuerpo(evento__nombre="x")`, `cuerpo(item__fila="A")`."""
    return lambda **cambios: json.dumps(fabricar(**cambios), ensure_ascii=False).encode()
