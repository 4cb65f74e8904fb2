"""The ticket: its text, and its QR code read back by an independent decoder."""

from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from emision.orden_creada import leer_orden
from emision.pdf import generar_pdf, pesos

Cuerpo = Callable[..., bytes]


def datos(cuerpo: bytes) -> dict[str, Any]:
    return leer_orden(cuerpo).datos()


def textos(pdf: bytes) -> list[str]:
    """Each page's text with its white space made single blanks."""
    with pypdfium2.PdfDocument(pdf) as documento:
        return [" ".join(documento[i].get_textpage().get_text_bounded().split()) for i in range(len(documento))]


def codigos(pdf: bytes, escala: float) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as documento:
        imagenes = [documento[i].render(scale=escala).to_pil() for i in range(len(documento))]
    return [lectura.text for imagen in imagenes for lectura in zxingcpp.read_barcodes(imagen)]


def test_one_page_a_seat_with_everything_a_gate_and_a_buyer_need(cuerpo: Cuerpo) -> None:
    paginas = textos(generar_pdf(datos(cuerpo()), 1234))
    assert len(paginas) == 2
    for pagina, asiento, folio_ticket in zip(paginas, (12, 13), (17, 18), strict=True):
        for texto in (
            "Ñandú en concierto",
            "Estadio de prueba, Santiago",
            "sábado 5 de diciembre de 2026, 21:00 h",
            "PLATEA ALTA",
            f"Fila F, Asiento {asiento}",
            "María Núñez",
            "0199d2f0-0000-7000-8000-000000000001",
            f"Folio 1234, entrada {folio_ticket}",
            "$15.500",
            "sin validez tributaria",
        ):
            assert texto in pagina


@pytest.mark.parametrize("escala", [1.5, 3.0], ids=["phone screen", "print"])
def test_the_qr_codes_decode(cuerpo: Cuerpo, escala: float) -> None:
    orden = "0199d2f0-0000-7000-8000-000000000001"
    assert codigos(generar_pdf(datos(cuerpo()), 1234), escala) == [f"{orden}/17", f"{orden}/18"]


def test_the_same_data_give_the_same_bytes(cuerpo: Cuerpo) -> None:
    assert generar_pdf(datos(cuerpo()), 1) == generar_pdf(datos(cuerpo()), 1)
    assert generar_pdf(datos(cuerpo()), 1) != generar_pdf(datos(cuerpo()), 2)


def test_the_longest_fields_leave_the_qr_code_readable(cuerpo: Cuerpo) -> None:
    largo = cuerpo(evento__nombre="Gran " * 16, evento__lugar="Lugar " * 13, comprador__nombre="Ana " * 50)
    pdf = generar_pdf(datos(largo), 999_999_999)
    assert len(codigos(pdf, 3.0)) == 2
    assert "Folio 999999999" in textos(pdf)[0]


def test_a_name_in_another_script_does_not_stop_the_ticket(cuerpo: Cuerpo) -> None:
    assert generar_pdf(datos(cuerpo(comprador__nombre="Łukasz 日本 😀")), 1).startswith(b"%PDF")


def test_pesos_are_written_the_chilean_way() -> None:
    assert pesos(12_990) == "$12.990"
