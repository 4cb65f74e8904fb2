"""Choosing seats, holding, buying: what a buyer sees, in health and in failure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from middleware_falso import CARGO, Estado, Falla, MiddlewareFalso
from navegador import COMPRADOR, Comprador, codigo


def claves(estado: Estado, ruta: str) -> list[str]:
    return [c["Idempotency-Key"] for m, r, c, _ in estado.vistas if (m, r) == ("POST", ruta)]


def test_a_purchase_ends_in_compra_exitosa_with_the_tickets_state(comprador: Comprador, estado: Estado) -> None:
    comprada = comprador.comprar(100_001, 100_002)
    assert comprada.status_code == 303
    assert re.fullmatch(r"/mis-entradas/[0-9a-f-]{36}\?nueva=1", comprada.location)
    pagina = comprador.cliente.get(comprada.location).text
    [orden_id] = estado.ordenes
    assert "Compra Exitosa" in pagina
    assert f'<article class="orden" data-orden-id="{orden_id}" data-ticket-estado="EN_PROCESO">' in pagina
    assert "En Proceso" in pagina
    assert "$69.500" in pagina


def test_the_buyer_reaches_the_middleware_with_a_canonical_rut(comprador: Comprador, estado: Estado) -> None:
    comprador.comprar()
    [cuerpo] = [c for m, r, _, c in estado.vistas if (m, r) == ("POST", "/v1/ordenes")]
    assert cuerpo["comprador"] == {**COMPRADOR, "rut": "12345678-5"}


def test_the_seat_map_says_each_seat_in_words_and_disables_what_is_taken(comprador: Comprador, estado: Estado) -> None:
    estado.vendidos[100_002] = "VENDIDO"
    html = comprador.ver_mapa()
    libre = '<input type="checkbox" name="asiento" value="100001" data-estado="DISPONIBLE">'
    assert html.count('type="checkbox"') == 250
    assert libre in html
    assert 'value="100002" data-estado="VENDIDO" disabled' in html
    etiqueta = re.search(rf"{libre}(.*?)</label>", html)
    assert etiqueta
    assert re.sub(r"<[^>]+>", "", etiqueta[1]) == "Fila A, asiento 1, $34.000, disponible"
    assert html.count("<fieldset>") == 13


def test_checkout_shows_seats_charge_and_total(comprador: Comprador) -> None:
    pagina = comprador.cliente.get(comprador.retener(100_001).location).text
    assert "Fila A, asiento 1" in pagina
    assert "$1.500" in pagina
    assert "Comprar por $35.500" in pagina
    assert CARGO == 1_500


def test_a_seat_that_is_gone_is_named_and_the_others_stay_chosen(comprador: Comprador, estado: Estado) -> None:
    datos: dict[str, Any] = comprador.campos(comprador.ver_mapa(), "/retenciones")
    estado.vendidos[100_003] = "VENDIDO"
    respuesta = comprador.cliente.post("/retenciones", data={**datos, "asiento": ["100003", "100004"]})
    assert respuesta.status_code == 409
    assert codigo(respuesta.text) == "asiento_no_disponible"
    assert "<b>Fila A, asiento 3</b>" in respuesta.text
    assert 'value="100004" data-estado="DISPONIBLE" checked' in respuesta.text


@pytest.mark.parametrize(
    ("asientos", "estado_http", "esperado"),
    [
        ([], 400, "sin_asientos"),
        (range(100_001, 100_010), 400, "demasiados_asientos"),
        (["<script>"], 404, "asiento_desconocido"),
        (["１００"], 404, "asiento_desconocido"),
    ],
    ids=["none", "nine", "not a number", "full-width digits"],
)
def test_a_choice_that_makes_no_sense_never_reaches_the_middleware(
    comprador: Comprador, estado: Estado, asientos: list[Any], estado_http: int, esperado: str
) -> None:
    respuesta = comprador.retener(*asientos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (estado_http, esperado)
    assert claves(estado, "/v1/retenciones") == []


def test_the_same_form_with_other_seats_is_another_hold(comprador: Comprador, estado: Estado) -> None:
    datos: dict[str, Any] = comprador.campos(comprador.ver_mapa(), "/retenciones")
    for asientos in (["100001"], ["100001"], ["100002"]):
        comprador.cliente.post("/retenciones", data={**datos, "asiento": asientos})
    una, otra_vez, distinta = claves(estado, "/v1/retenciones")
    assert una == otra_vez != distinta


def test_wrong_fields_are_told_one_by_one_and_keep_what_was_typed(comprador: Comprador, estado: Estado) -> None:
    datos = comprador.formulario_pago() | {
        "nombre": 'Ana "la" <Rojas>',
        "rut": "12.345.678-9",
        "correo": "ana@",
    }
    respuesta = comprador.cliente.post("/compras", data=datos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (422, "datos_invalidos")
    assert 'value="Ana &#34;la&#34; &lt;Rojas&gt;"' in respuesta.text
    assert 'value="12.345.678-9"' in respuesta.text
    assert respuesta.text.count('aria-invalid="true"') == 2
    assert comprador.campos(respuesta.text, "/compras")["clave"] == datos["clave"]
    assert claves(estado, "/v1/ordenes") == []


@pytest.mark.parametrize("ruta", ["/compras", "/retenciones", "/mis-entradas/buscar"])
def test_a_form_without_its_token_is_refused(comprador: Comprador, ruta: str) -> None:
    respuesta = comprador.cliente.post(ruta, data=COMPRADOR)
    assert (respuesta.status_code, codigo(respuesta.text)) == (403, "csrf")


def test_another_sessions_token_is_refused(comprador: Comprador, app: Flask) -> None:
    datos = comprador.formulario_pago()
    respuesta = Comprador(app.test_client()).cliente.post("/compras", data=datos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (403, "csrf")


@pytest.mark.parametrize(
    "falla",
    [
        Falla(estado=503, codigo="resultado_desconocido", despues=True),
        Falla(espera_s=2, despues=True),
        Falla(corta=True, despues=True),
        Falla(cuerpo=b"<html>", despues=True),
        Falla(estado=500, codigo="error_interno", despues=True),
        Falla(estado=409, codigo="clave_en_curso", despues=True),
    ],
    ids=["resultado_desconocido", "timeout", "cut", "not JSON", "500", "clave_en_curso"],
)
def test_an_unknown_outcome_offers_the_same_form_and_the_same_key_finds_out(
    comprador: Comprador, estado: Estado, falla: Falla
) -> None:
    datos = comprador.formulario_pago()
    estado.fallas["/v1/ordenes"] = falla
    respuesta = comprador.cliente.post("/compras", data=datos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (503, "resultado_desconocido")
    assert respuesta.headers["Retry-After"] == "1"
    ofrecido = comprador.campos(respuesta.text, "/compras")
    assert ofrecido["clave"] == datos["clave"]
    estado.fallas.clear()
    otra_vez = comprador.cliente.post("/compras", data=ofrecido)
    assert otra_vez.status_code == 303
    assert len(estado.ordenes) == 1


def test_a_purchase_that_was_never_sent_says_so(comprador: Comprador, falso: MiddlewareFalso) -> None:
    datos = comprador.formulario_pago()
    falso.cerrar()
    comprador.cliente.post("/compras", data=datos)  # its kept-alive connection breaks: that one is unknown
    respuesta = comprador.cliente.post("/compras", data=datos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (503, "compra_no_enviada")
    assert comprador.campos(respuesta.text, "/compras")["clave"] == datos["clave"]


@pytest.mark.parametrize(
    ("estado_http", "causa"),
    [
        (409, "retencion_expirada"),
        (409, "retencion_liberada"),
        (409, "retencion_confirmada"),
        (404, "retencion_desconocida"),
        (422, "clave_reutilizada"),
        (429, "demasiadas_peticiones"),
    ],
)
def test_a_refusal_is_told_with_its_code(comprador: Comprador, estado: Estado, estado_http: int, causa: str) -> None:
    datos = comprador.formulario_pago()
    estado.fallas["/v1/ordenes"] = Falla(estado=estado_http, codigo=causa)
    respuesta = comprador.cliente.post("/compras", data=datos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (estado_http, causa)


def test_a_purchase_goes_on_at_the_other_address(hacer_app: Callable[..., Flask], falso: MiddlewareFalso) -> None:
    otro = MiddlewareFalso(falso.estado)
    comprador = Comprador(hacer_app(falso.url, otro.url).test_client())
    otro.cerrar()
    for asiento in (100_001, 100_002, 100_003):
        assert comprador.comprar(asiento).status_code == 303
    assert len(falso.estado.ordenes) == 3


def test_one_address_that_breaks_after_the_sale_does_not_make_two(
    hacer_app: Callable[..., Flask], falso: MiddlewareFalso
) -> None:
    roto = MiddlewareFalso(falso.estado)
    roto.fallas_propias["/v1/ordenes"] = Falla(corta=True, despues=True)
    comprador = Comprador(hacer_app(roto.url, falso.url).test_client())
    datos = comprador.formulario_pago()
    for _ in range(2):  # whichever address comes first
        assert comprador.cliente.post("/compras", data=datos).status_code == 303
    assert len(falso.estado.ordenes) == 1
    roto.cerrar()


def test_a_hold_whose_answer_is_lost_can_be_sent_again(comprador: Comprador, estado: Estado) -> None:
    estado.fallas["/v1/retenciones"] = Falla(corta=True, despues=True)
    respuesta = comprador.retener(100_001)
    assert respuesta.status_code == 503
    ofrecido = comprador.campos(respuesta.text, "/retenciones")
    estado.fallas.clear()
    assert comprador.cliente.post("/retenciones", data=ofrecido).status_code == 303
    assert len(estado.retenciones) == 1


def test_giving_seats_back_returns_to_the_event(comprador: Comprador, estado: Estado) -> None:
    pago = comprador.retener(100_001).location
    datos = comprador.campos(comprador.cliente.get(pago).text, f"{pago}/liberar")
    respuesta = comprador.cliente.post(f"{pago}/liberar", data=datos)
    assert (respuesta.status_code, respuesta.location) == (303, "/eventos/EV001")
    assert [r["estado"] for r in estado.retenciones.values()] == ["LIBERADA"]
    assert codigo(comprador.cliente.get(pago).text) == "retencion_liberada"


def test_a_form_that_is_too_large_is_refused(comprador: Comprador) -> None:
    respuesta = comprador.cliente.post("/compras", data={"nombre": "x" * 70_000})
    assert (respuesta.status_code, codigo(respuesta.text)) == (413, "cuerpo_muy_grande")
