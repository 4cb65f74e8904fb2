"""Amounts and the boleta document."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from emision.boleta import calcular_montos, emitir_boleta
from emision.orden_creada import leer_orden
from hypothesis import given
from hypothesis import strategies as st

Cuerpo = Callable[..., bytes]
AHORA = datetime(2026, 11, 25, 2, 30)  # UTC: still the 24th in Santiago


@pytest.mark.parametrize(
    ("afecto", "neto", "iva"),
    [
        (34_000, 28_571, 5_429),  # 19 % of the neto is 5428, which would miss the total by one
        (58_990, 49_571, 9_419),
        (1_030, 866, 164),
        (1_190, 1_000, 190),
        (1_071, 900, 171),
        (5_000, 4_202, 798),
        (1, 1, 0),
        (0, 0, 0),
    ],
)
def test_amounts_match_the_known_table(afecto: int, neto: int, iva: int) -> None:
    montos = calcular_montos(afecto, 0)
    assert (montos.neto, montos.iva) == (neto, iva)


@given(st.integers(0, 2_000_000_000), st.integers(0, 2_000_000_000))
def test_amounts_always_add_up_and_neto_is_the_nearest_integer(afecto: int, exento: int) -> None:
    montos = calcular_montos(afecto, exento)
    assert montos.total == afecto + exento
    assert abs(montos.neto * 119 - afecto * 100) * 2 < 119
    assert montos.iva >= 0


def emitir(cuerpo: bytes) -> dict[str, Any]:
    return emitir_boleta(leer_orden(cuerpo), 1234, "mensaje-1", AHORA)


def test_a_taxed_show_is_taxed_in_full(cuerpo: Cuerpo) -> None:
    documento = emitir(cuerpo())
    assert documento["Encabezado"]["Totales"] == {"MntNeto": 28_571, "IVA": 5_429, "MntTotal": 34_000}
    assert not any("IndExe" in linea for linea in documento["Detalle"])


def test_an_exempt_show_pays_tax_on_the_fee_only(cuerpo: Cuerpo) -> None:
    documento = emitir(cuerpo(evento__afecto_iva=False))
    totales = documento["Encabezado"]["Totales"]
    assert totales == {"MntNeto": 2_521, "IVA": 479, "MntExe": 31_000, "MntTotal": 34_000}
    assert [linea.get("IndExe") for linea in documento["Detalle"]] == [1, 1, None]


def test_an_exempt_show_without_fee_has_no_tax_fields(cuerpo: Cuerpo) -> None:
    documento = emitir(cuerpo(evento__afecto_iva=False, cargo_servicio=0, total=31_000))
    assert documento["Encabezado"]["Totales"] == {"MntExe": 31_000, "MntTotal": 31_000}
    assert [linea["ItemEspectaculo"] for linea in documento["Detalle"]] == ["01", "01"]


def test_the_document_is_a_boleta_for_a_show_and_says_it_is_not_valid(cuerpo: Cuerpo) -> None:
    documento = emitir(cuerpo())
    cabeza = documento["Encabezado"]
    assert cabeza["IdDoc"] == {"TipoDTE": 39, "Folio": 1234, "FchEmis": "2026-11-24", "IndServicio": 4}
    assert cabeza["Emisor"]["RUTEmisor"] == "97975000-5"
    assert cabeza["Emisor"]["RznSocEmisor"] == "RUT DE PRUEBA"
    assert cabeza["Receptor"]["RUTRecep"] == "66666666-6"
    assert documento["validez_tributaria"] is False


def test_each_ticket_line_carries_its_info_ticket(cuerpo: Cuerpo) -> None:
    linea = emitir(cuerpo())["Detalle"][0]
    assert linea["NroLinDet"] == 1
    assert linea["ItemEspectaculo"] == "01"
    assert linea["RUTMandante"] == "76086428-5"
    assert linea["MontoItem"] == 15_500
    assert linea["InfoTicket"] == {
        "FolioTicket": 17,
        "FchGenera": "2026-11-24T12:00:00",
        "NmbEvento": "Ñandú en concierto",
        "TpoTicket": "GENERAL",
        "CdgEvento": "EV001",
        "FchEvento": "2026-12-05T21:00:00",
        "LugarEvento": "Estadio de prueba, Santiago",
        "UbicEvento": "PLATEA ALTA",
        "FilaUbicEvento": "F",
        "AsntoUbicEvento": "12",
    }


def test_the_fee_is_the_last_line_and_lines_add_up(cuerpo: Cuerpo) -> None:
    lineas = emitir(cuerpo())["Detalle"]
    assert lineas[-1]["ItemEspectaculo"] == "02"
    assert "InfoTicket" not in lineas[-1]
    assert sum(linea["MontoItem"] for linea in lineas) == 34_000
    assert [linea["NroLinDet"] for linea in lineas] == [1, 2, 3]


def test_the_longest_event_name_still_fits_its_line(cuerpo: Cuerpo) -> None:
    documento = emitir(cuerpo(evento__nombre="n" * 80, comprador__nombre="b" * 150))
    assert len(documento["Detalle"][0]["NmbItem"]) == 80
    assert len(documento["Encabezado"]["Receptor"]["RznSocRecep"]) == 100
