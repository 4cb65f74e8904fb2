"""The portal's pure parts: RUT, breaker, texts, reading JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from portal import formatos, rut, textos
from portal.cortacircuito import Cortacircuito
from portal.curso import Curso
from portal.errores import ErrorMiddleware, NoResponde, Problema, RespuestaInvalida
from portal.formulario import leer_comprador
from portal.middleware import es_incierta
from portal.modelo import leer_boleta, leer_mapa, leer_orden, leer_ordenes, orden_natural


@pytest.mark.parametrize(
    ("texto", "canonico"),
    [
        ("12.345.678-5", "12345678-5"),
        ("12345678-5", "12345678-5"),
        ("76086428-5", "76086428-5"),
        ("60803000-k", "60803000-K"),
        (" 60.803.000-K ", "60803000-K"),
        ("06824160-K", "6824160-K"),
        ("123456785", "12345678-5"),
        ("66666666-6", "66666666-6"),
    ],
)
def test_a_good_rut_is_made_canonical(texto: str, canonico: str) -> None:
    assert rut.normalizar(texto) == canonico


@pytest.mark.parametrize(
    ("texto", "motivo"),
    [
        ("12.345.678-9", "digito"),
        ("12345678-K", "digito"),
        ("76.192.083-0", "digito"),
        ("1-9", "rango"),
        ("00000000-0", "rango"),
        ("100.000.000-7", "rango"),
        ("１２３４５６７８-5", "forma"),
        ("12 345 678-5", "forma"),
        ("12345678--5", "forma"),
        ("1.2345.678-5", "forma"),
        ("", "forma"),
        ("hola", "forma"),
        ("12345678-5\x00", "forma"),
    ],
)
def test_a_bad_rut_is_refused_with_its_reason(texto: str, motivo: str) -> None:
    with pytest.raises(rut.RutInvalido, match=motivo):
        rut.normalizar(texto)
    assert leer_comprador({"nombre": "Ana", "rut": texto, "correo": "a@b.cl"}).errores == {"rut": textos.RUT[motivo]}


@pytest.mark.parametrize("correo", ["a@b.cl", "ana.perez+tf@sub.dominio.cl"])
def test_usual_addresses_pass(correo: str) -> None:
    assert not leer_comprador({"nombre": "Ana", "rut": "12345678-5", "correo": correo}).errores


@pytest.mark.parametrize(
    "correo", ["", "a", "a@b", "a b@c.cl", "a@b.cl\r\nBcc: x@y.cl", "ñ@b.cl", f"{'a' * 60}@{'b' * 20}.cl"]
)
def test_other_addresses_do_not(correo: str) -> None:
    assert "correo" in leer_comprador({"nombre": "Ana", "rut": "12345678-5", "correo": correo}).errores


class Reloj:
    def __init__(self) -> None:
        self.ahora_s = 0.0

    def __call__(self) -> float:
        return self.ahora_s


def test_healthy_addresses_take_turns() -> None:
    circuito = Cortacircuito(["a", "b"])
    assert {circuito.ordenar("x")[0] for _ in range(2)} == {"a", "b"}


def test_a_bad_address_waits_longer_after_each_failure_and_for_its_kind_only() -> None:
    reloj = Reloj()
    circuito = Cortacircuito(["a", "b"], reloj)
    circuito.anotar_falla("mapa", "a", reloj())
    assert circuito.ordenar("mapa") == ["b"]
    assert set(circuito.ordenar("pdf")) == {"a", "b"}
    reloj.ahora_s = 1.0
    assert circuito.ordenar("mapa") == ["a", "b"], "its trial"
    assert circuito.ordenar("mapa") == ["b"], "one trial at a time"
    circuito.anotar_falla("mapa", "a", reloj())
    reloj.ahora_s = 2.5
    assert circuito.ordenar("mapa") == ["b", "a"], "only after the good one until 2 s have passed"
    circuito.anotar_exito("mapa", "a")
    assert set(circuito.ordenar("mapa")) == {"a", "b"}


def test_with_all_addresses_bad_one_trial_a_second_goes_through_and_a_purchase_always() -> None:
    reloj = Reloj()
    circuito = Cortacircuito(["a", "b"], reloj)
    for _ in range(6):
        for direccion in "ab":
            circuito.anotar_falla("x", direccion, reloj())
    assert circuito.ordenar("x") == []
    assert set(circuito.ordenar("x", insistir=True)) == {"a", "b"}
    reloj.ahora_s = 1.0
    assert set(circuito.ordenar("x")) == {"a", "b"}
    assert circuito.ordenar("x") == []


def test_calls_begun_before_an_outage_was_noticed_do_not_make_it_longer() -> None:
    reloj = Reloj()
    circuito = Cortacircuito(["a", "b"], reloj)
    reloj.ahora_s = 2.0
    for direccion in "ab":
        circuito.anotar_falla("mapa", direccion, 0.0)
    for ahora_s, iniciada_en in ((2.5, 0.5), (2.9, 0.9), (3.0, 1.0)):
        reloj.ahora_s = ahora_s
        for direccion in "ab":
            circuito.anotar_falla("mapa", direccion, iniciada_en)
    [primera, segunda] = circuito.ordenar("mapa")
    assert {primera, segunda} == {"a", "b"}, "a second after it was noticed somebody tries, whoever failed since"
    circuito.anotar_exito("mapa", primera)
    reloj.ahora_s = 3.9
    circuito.anotar_falla("mapa", primera, 1.9)
    assert primera in circuito.ordenar("mapa"), "it has answered since that call began"


def test_what_was_sent_once_stays_sent_and_a_silence_hides_no_answer() -> None:
    callo, cerrado = NoResponde("silence", enviada=True), NoResponde("refused", enviada=False)
    ocupado, rechazo = Problema(503, "ocupado", {}), Problema(409, "retencion_expirada", {})
    basura = RespuestaInvalida("garbage")
    casos: list[tuple[str, list[ErrorMiddleware], type[ErrorMiddleware], bool, bool]] = [
        ("never sent", [cerrado, cerrado], NoResponde, False, True),
        ("sent, then refused connections", [callo, cerrado], NoResponde, True, True),
        ("busy, then silence", [ocupado, cerrado], Problema, True, True),
        ("garbage, then refused connections", [basura, cerrado], RespuestaInvalida, True, True),
        ("silence, then a refusal", [callo, rechazo], Problema, False, False),
        ("in flight already", [Problema(409, "clave_en_curso", {})], Problema, True, True),
    ]
    for caso, errores, tipo, incierta, puede_mejorar in casos:
        curso = Curso()
        for error in errores:
            curso.anotar(error)
        assert type(curso.error) is tipo, caso
        assert es_incierta(curso.error) is incierta, caso
        assert curso.puede_mejorar is puede_mejorar, caso


def test_amounts_dates_and_ages_read_as_in_chile() -> None:
    assert formatos.pesos(34_000) == "$34.000"
    assert formatos.pesos(-5) == "-$5"
    momento = datetime(2026, 12, 5, 0, 0, tzinfo=UTC)
    assert formatos.fecha(momento) == "viernes 4 de diciembre de 2026, 21:00\u00a0h"
    assert formatos.fecha(momento, "mes") == "dic"
    invierno = datetime(2027, 7, 4, 1, 0, tzinfo=UTC)
    assert formatos.fecha(invierno, "hora") == "21:00\u00a0h"
    edades = [formatos.antiguedad(s) for s in (5, 60, 7_300, 200_000)]
    assert edades == ["hace menos de un minuto", "hace 1 minuto", "hace 2 horas", "hace 2 días"]


def test_rows_sort_as_people_count() -> None:
    assert sorted(["10", "9", "AA", "B", "A10", "A9"], key=orden_natural) == [
        "9",
        "10",
        "A9",
        "A10",
        "B",
        "AA",
    ]


def test_json_that_breaks_the_contract_is_one_kind_of_error() -> None:
    cuerpos: list[Any] = [
        None,
        [],
        {},
        {"asientos": [{"id": "x"}]},
        {"asientos": 3, "sector": "A", "precio": 1},
    ]
    for cuerpo in cuerpos:
        with pytest.raises(RespuestaInvalida):
            leer_mapa(cuerpo)


@pytest.mark.parametrize(
    "cambio",
    [
        {"creada_en": "9999-12-31T23:59:59-03:00"},
        {"creada_en": "0001-01-01T00:00:00Z"},
        {"creada_en": "2026-11-24T10:00:00"},
        {"total": float("inf")},
        {"asientos": [{"sector": "A", "fila": "1", "numero": 1, "precio": "caro"}]},
        {"orden_id": 7},
    ],
    ids=["past the calendar", "before it", "no zone", "no end", "a price in words", "not an id"],
)
def test_an_order_that_no_page_could_show_is_refused(cambio: dict[str, Any]) -> None:
    evento = {"codigo": "E", "nombre": "N", "lugar": "L", "inicia_en": "2026-12-05T00:00:00Z"}
    orden = {"orden_id": "0" * 32, "creada_en": "2026-11-24T10:00:00Z", "evento": evento, "asientos": [], "total": 1}
    assert leer_orden(orden).total == 1
    with pytest.raises(RespuestaInvalida):
        leer_orden(orden | cambio)


@pytest.mark.parametrize("documento", [None, {}, {"Encabezado": {}, "Detalle": 3}, {"Encabezado": 1, "Detalle": []}])
def test_a_boleta_that_no_page_could_show_is_refused(documento: Any) -> None:
    with pytest.raises(RespuestaInvalida):
        leer_boleta({"folio": 1, "documento": documento})


def test_an_order_without_details_still_tells_its_state() -> None:
    consulta = leer_ordenes({"ordenes": [{"orden_id": "x", "ticket_estado": "ENVIADO", "evento": None}]})
    assert consulta.estados["x"].estado == "ENVIADO"
    assert consulta.ordenes == {}


def test_every_code_of_the_contract_has_its_text() -> None:
    contrato = """
        asiento_no_disponible retencion_confirmada retencion_desconocida retencion_expirada retencion_liberada
        falta_clave clave_reutilizada resultado_desconocido evento_desconocido sector_desconocido
        entrada_en_proceso boleta_en_proceso emision_no_disponible
    """
    assert set(contrato.split()) <= textos.ERRORES.keys()
