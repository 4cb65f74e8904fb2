"""Which store a ticket was read from: what the middleware says is passed on, and a buyer is told of a replica."""

from __future__ import annotations

import re

import pytest
from middleware_falso import PDF, Estado, Falla, MiddlewareFalso
from navegador import FALLAS_DE_RESPUESTA, Comprador

AVISO = "copia de respaldo"


def fuente_de_pagina(html: str) -> str | None:
    hallada = re.search(r'<main[^>]*data-fuente="([^"]*)"', html)
    return hallada[1] if hallada else None


@pytest.mark.parametrize("fuente", ["primario", "replica", "ninguna"])
def test_pages_and_pdf_pass_on_where_the_ticket_was_read(comprador: Comprador, estado: Estado, fuente: str) -> None:
    orden_id = comprador.orden_id()
    estado.fuente, estado.pdf = fuente, True
    for ruta in ("/mis-entradas", f"/mis-entradas/{orden_id}", f"/mis-entradas/{orden_id}?nueva=1"):
        respuesta = comprador.cliente.get(ruta)
        assert (respuesta.headers["X-Fuente"], fuente_de_pagina(respuesta.text)) == (fuente, fuente)
        assert (AVISO in respuesta.text) is (fuente == "replica")
    pdf = comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf")
    assert (pdf.data, pdf.headers["X-Fuente"]) == (PDF, fuente)


def test_a_pdf_that_a_replica_does_not_have_yet_says_who_said_so(comprador: Comprador, estado: Estado) -> None:
    orden_id = comprador.orden_id()
    estado.fuente = "replica"
    respuesta = comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf")
    assert (respuesta.status_code, respuesta.headers["X-Fuente"]) == (404, "replica")


@pytest.mark.parametrize("dicho", [None, "otra", "primario, replica", ""])
def test_a_source_that_is_not_said_or_unknown_is_none(comprador: Comprador, estado: Estado, dicho: str | None) -> None:
    orden_id = comprador.orden_id()
    estado.fuente, estado.pdf = dicho, True
    assert comprador.cliente.get("/mis-entradas").headers["X-Fuente"] == "ninguna"
    assert "X-Fuente" not in comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf").headers


@pytest.mark.parametrize("falla", FALLAS_DE_RESPUESTA.values(), ids=FALLAS_DE_RESPUESTA.keys())
def test_without_a_readable_answer_the_source_is_ninguna(comprador: Comprador, estado: Estado, falla: Falla) -> None:
    orden_id = comprador.orden_id()
    estado.pdf = True
    if not falla.a_medias:
        estado.fuente = "replica"
    estado.fallas["/v1/"] = falla
    for ruta in ("/mis-entradas", f"/mis-entradas/{orden_id}", f"/mis-entradas/{orden_id}/entrada.pdf"):
        assert comprador.cliente.get(ruta).headers["X-Fuente"] == "ninguna"


def test_a_page_that_asked_nobody_says_nothing(comprador: Comprador, falso: MiddlewareFalso) -> None:
    for ruta in ("/mis-entradas", "/"):
        respuesta = comprador.cliente.get(ruta)
        assert "X-Fuente" not in respuesta.headers
        assert fuente_de_pagina(respuesta.text) is None
