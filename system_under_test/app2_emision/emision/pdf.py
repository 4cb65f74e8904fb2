"""The ticket as a PDF: one document an order, one A5 page a seat, selectable text and a QR code.

The same data gives the same bytes, so a ticket rendered again after a crash is the same ticket.
"""

import io
from datetime import datetime
from typing import Any

import segno
from babel.dates import format_datetime
from babel.numbers import format_currency
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from emision.tiempo import CHILE

ANCHO, ALTO = A5
MARGEN = 12 * mm
QR_LADO = 46 * mm
MASCARA = 4
TINTA, GRIS, MARCA = HexColor("#1b1b1b"), HexColor("#666666"), HexColor("#16425b")
TEXTO, NEGRITA = "Helvetica", "Helvetica-Bold"
AVISO = "Documento de prueba, sin validez tributaria"


def contenido_qr(orden_id: str, folio_ticket: int) -> str:
    """What a gate reads from the QR code."""
    return f"{orden_id}/{folio_ticket}"


def fecha_larga(inicia_en: str) -> str:
    """`2026-12-06T00:00:00Z` as "sábado 5 de diciembre de 2026, 21:00 h", in Chilean time."""
    momento = datetime.fromisoformat(inicia_en).astimezone(CHILE)
    return format_datetime(momento, "EEEE d 'de' MMMM 'de' y, HH:mm 'h'", locale="es_CL")


def pesos(monto: int) -> str:
    """12990 as "$12.990"."""
    return format_currency(monto, "CLP", locale="es_CL")


def generar_pdf(datos: dict[str, Any], folio: int) -> bytes:
    """Render the tickets of an order from `entrada.datos` and its boleta's folio."""
    salida = io.BytesIO()
    lienzo = Canvas(salida, pagesize=A5, invariant=1, lang="es-CL")
    lienzo.setTitle(f"Entradas para {datos['evento']['nombre']}")
    lienzo.setAuthor("TicketFlow")
    for asiento in datos["asientos"]:
        _pagina(lienzo, datos, asiento, folio)
        lienzo.showPage()
    lienzo.save()
    return salida.getvalue()


def _pagina(lienzo: Canvas, datos: dict[str, Any], asiento: dict[str, Any], folio: int) -> None:
    evento, comprador = datos["evento"], datos["comprador"]
    y = _cabecera(lienzo, evento["nombre"])
    y = _campo(lienzo, y, "Lugar", evento["lugar"])
    y = _campo(lienzo, y, "Fecha", fecha_larga(evento["inicia_en"]))
    y = _campo(lienzo, y, "Sector", asiento["sector"])
    y = _campo(lienzo, y, "Ubicación", f"Fila {asiento['fila']}, Asiento {asiento['numero']}")
    y = _campo(lienzo, y, "Comprador", comprador["nombre"])
    y = _campo(lienzo, y, "Precio", pesos(asiento["precio"]))
    y = _campo(lienzo, y, "Orden", datos["orden_id"])
    _campo(lienzo, y, "Boleta", f"Folio {folio}, entrada {asiento['folio_ticket']}")
    _qr(lienzo, contenido_qr(datos["orden_id"], asiento["folio_ticket"]), (ANCHO - QR_LADO) / 2, 16 * mm)
    lienzo.setFillColor(GRIS)
    lienzo.setFont(TEXTO, 7)
    lienzo.drawCentredString(ANCHO / 2, 9 * mm, AVISO)


def _cabecera(lienzo: Canvas, nombre: str) -> float:
    """Draw the event's name on a band as high as it needs, and return where the fields start."""
    renglones = simpleSplit(nombre, NEGRITA, 16, ANCHO - 2 * MARGEN)
    alto = 16 * mm + len(renglones) * 7 * mm
    lienzo.setFillColor(MARCA)
    lienzo.rect(0, ALTO - alto, ANCHO, alto, stroke=0, fill=1)
    lienzo.setFillColor(HexColor("#ffffff"))
    lienzo.setFont(TEXTO, 9)
    lienzo.drawString(MARGEN, ALTO - 10 * mm, "TicketFlow · Entrada")
    lienzo.setFont(NEGRITA, 16)
    for numero, renglon in enumerate(renglones, start=1):
        lienzo.drawString(MARGEN, ALTO - 10 * mm - numero * 7 * mm, renglon)
    return ALTO - alto - 9 * mm


def _campo(lienzo: Canvas, y: float, etiqueta: str, valor: str) -> float:
    """Draw a label and its value, wrapped, and return the next line's height."""
    lienzo.setFillColor(GRIS)
    lienzo.setFont(TEXTO, 9)
    lienzo.drawString(MARGEN, y, etiqueta)
    lienzo.setFillColor(TINTA)
    lienzo.setFont(TEXTO, 11)
    sangria = 26 * mm
    for renglon in simpleSplit(valor, TEXTO, 11, ANCHO - 2 * MARGEN - sangria)[:3]:
        lienzo.drawString(MARGEN + sangria, y, renglon)
        y -= 5 * mm
    return y - 2 * mm


def _qr(lienzo: Canvas, contenido: str, x: float, y: float) -> None:
    """Draw a QR code with its lower left corner at x, y: one rectangle a run of dark modules."""
    # Any of the eight masks can be read; to look for the prettiest would take a quarter of the time of a ticket.
    matriz = segno.make_qr(contenido, error="m", mask=MASCARA).matrix
    modulo = QR_LADO / len(matriz)
    trazo = lienzo.beginPath()
    for fila, modulos in enumerate(matriz):
        base = y + QR_LADO - (fila + 1) * modulo
        inicio = 0
        for columna in range(1, len(modulos) + 1):
            if columna == len(modulos) or modulos[columna] != modulos[inicio]:
                if modulos[inicio]:
                    trazo.rect(x + inicio * modulo, base, (columna - inicio) * modulo, modulo)
                inicio = columna
    lienzo.setFillColor(HexColor("#000000"))
    lienzo.drawPath(trazo, stroke=0, fill=1)
