"""Reading `OrdenCreada`, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from emision.orden_creada import MensajeInvalido, leer_orden

Cuerpo = Callable[..., bytes]


def test_a_sound_message_is_read(cuerpo: Cuerpo) -> None:
    orden = leer_orden(cuerpo())
    assert orden.total == 34_000
    assert [item.numero for item in orden.items] == [12, 13]
    assert orden.evento.nombre == "Ñandú en concierto"


def test_an_unknown_field_is_ignored_so_that_a_newer_sender_can_add_one(cuerpo: Cuerpo) -> None:
    assert leer_orden(cuerpo(canal="INTERNET")).version == 1


@pytest.mark.parametrize(
    ("cambio", "motivo"),
    [
        ({"evento__codigo": "EV0001"}, "$.evento.codigo"),
        ({"evento__nombre": "n" * 81}, "$.evento.nombre"),
        ({"evento__lugar": "l" * 81}, "$.evento.lugar"),
        ({"evento__rut_mandante": "76.086.428-5"}, "$.evento.rut_mandante"),
        ({"evento__inicia_en": "2026-12-06T00:00:00"}, "$.evento.inicia_en"),
        ({"item__sector": "s" * 21}, "$.items[0].sector"),
        ({"item__fila": "AAAA"}, "$.items[0].fila"),
        ({"item__numero": 1000}, "$.items[0].numero"),
        ({"item__tipo_ticket": "t" * 11}, "$.items[0].tipo_ticket"),
        ({"item__folio_ticket": 1_000_000}, "$.items[0].folio_ticket"),
        ({"item__folio_ticket": 0}, "$.items[0].folio_ticket"),
        ({"item__precio": -1}, "$.items[0].precio"),
        ({"comprador__correo": "maria@example.com\r\nBcc: x@example.com"}, "$.comprador.correo"),
        ({"comprador__correo": "maria"}, "$.comprador.correo"),
        ({"items": []}, "$.items"),
        ({"version": 2}, "version_desconocida: la versión es 2"),
        ({"version": True}, "campo_invalido: $.version"),
        ({"moneda": "USD"}, "$.moneda"),
        ({"orden_id": "1"}, "$.orden_id"),
        ({"total": 33_999}, "total_no_cuadra: el total es 33999 y los ítems con el cargo suman 34000"),
        ({"item__asiento_id": 12}, "asiento_repetido"),
    ],
)
def test_a_broken_rule_is_refused_and_the_reason_names_it(cuerpo: Cuerpo, cambio: dict[str, Any], motivo: str) -> None:
    with pytest.raises(MensajeInvalido) as error:
        leer_orden(cuerpo(**cambio))
    assert motivo in str(error.value)


@pytest.mark.parametrize(
    "cambio",
    [
        {"evento__codigo": "E" * 5},
        {"evento__nombre": "ñ" * 80},
        {"item__sector": "s" * 20},
        {"item__fila": "AAA"},
        {"item__numero": 999},
        {"item__tipo_ticket": "t" * 10},
        {"item__folio_ticket": 999_999},
    ],
)
def test_a_field_as_long_as_its_limit_is_taken(cuerpo: Cuerpo, cambio: dict[str, Any]) -> None:
    assert leer_orden(cuerpo(**cambio))


@pytest.mark.parametrize(
    ("roto", "codigo"),
    [
        (b"", "json_invalido"),
        (b"{", "json_invalido"),
        (b"\xff\xfe", "json_invalido"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_invalido"),
        (b"[]", "campo_invalido"),
        (b'{"version": 1}', "campo_faltante"),
        (b'{"version": 9, "pedido": {}}', "version_desconocida"),
    ],
    ids=["empty", "cut", "no text", "nested without end", "no object", "no fields", "another version's shape"],
)
def test_what_is_no_order_is_refused_with_its_code(roto: bytes, codigo: str) -> None:
    with pytest.raises(MensajeInvalido) as error:
        leer_orden(roto)
    assert error.value.codigo == codigo
    assert str(error.value).startswith(f"{codigo}: ")


def test_a_missing_field_is_named_with_its_place(cuerpo: Cuerpo) -> None:
    orden = json.loads(cuerpo())
    del orden["items"][1]["precio"]
    with pytest.raises(MensajeInvalido, match=r"campo_faltante: falta \$\.items\[1\]\.precio"):
        leer_orden(json.dumps(orden).encode())


def test_datos_have_the_shape_of_the_confirmation(cuerpo: Cuerpo) -> None:
    datos = leer_orden(cuerpo()).datos()
    assert set(datos) == {
        "orden_id",
        "creada_en",
        "evento",
        "comprador",
        "asientos",
        "cargo_servicio",
        "total",
    }
    assert datos["creada_en"] == "2026-11-24T15:00:00.123Z"
    assert datos["asientos"][0] == {
        "id": 11,
        "sector": "PLATEA ALTA",
        "fila": "F",
        "numero": 12,
        "precio": 15_500,
        "folio_ticket": 17,
    }
