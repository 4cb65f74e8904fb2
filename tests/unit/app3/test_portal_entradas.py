"""Mis entradas: what the cookie remembers, what the middleware adds, and never a 500."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from middleware_falso import PDF, Estado, Falla, MiddlewareFalso
from navegador import COMPRADOR, FALLAS_DE_RESPUESTA, Comprador, codigo
from portal import sesion
from portal.modelo import Butaca, Evento, Orden


@pytest.mark.parametrize(
    ("ticket_estado", "texto"),
    [
        ("EN_PROCESO", "En Proceso"),
        ("EMITIDO", "Emitida"),
        ("ENVIADO", "Enviada"),
        ("ERROR", "Con problemas"),
        (None, "Sin información por ahora"),
    ],
)
def test_each_ticket_state_has_its_text(
    comprador: Comprador, estado: Estado, ticket_estado: str | None, texto: str
) -> None:
    orden_id = comprador.orden_id()
    estado.ticket_estado = ticket_estado
    for ruta in ("/mis-entradas", f"/mis-entradas/{orden_id}"):
        pagina = comprador.cliente.get(ruta).text
        assert f"<b>{texto}</b>" in pagina
        assert f'data-ticket-estado="{ticket_estado or "SIN_INFORMACION"}"' in pagina


@pytest.mark.parametrize("falla", FALLAS_DE_RESPUESTA.values(), ids=FALLAS_DE_RESPUESTA.keys())
def test_mis_entradas_stays_useful_whatever_the_middleware_does(
    comprador: Comprador, estado: Estado, falla: Falla
) -> None:
    orden_id = comprador.orden_id()
    estado.fallas["/v1/"] = falla
    for ruta in ("/mis-entradas", f"/mis-entradas/{orden_id}", f"/mis-entradas/{orden_id}?nueva=1"):
        respuesta = comprador.cliente.get(ruta)
        assert respuesta.status_code == 200
        for dato in (
            orden_id,
            "Orquesta del Puerto",
            "Fila A, asiento 1",
            "$35.500",
            "4 de diciembre de 2026",
        ):
            assert dato in respuesta.text
        assert "Sin información por ahora" in respuesta.text


@pytest.mark.parametrize("falla", FALLAS_DE_RESPUESTA.values(), ids=FALLAS_DE_RESPUESTA.keys())
def test_documents_and_lookup_never_answer_500(comprador: Comprador, estado: Estado, falla: Falla) -> None:
    orden_id = comprador.orden_id()
    datos = comprador.campos(comprador.cliente.get("/mis-entradas").text, "/mis-entradas/buscar")
    estado.fallas["/v1/"] = falla
    respuestas = [
        comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf"),
        comprador.cliente.get(f"/mis-entradas/{orden_id}/boleta"),
        comprador.cliente.post("/mis-entradas/buscar", data={**datos, "orden": orden_id, "correo": "a@b.cl"}),
    ]
    for respuesta in respuestas:
        assert respuesta.status_code in (404, 429, 503)
        assert codigo(respuesta.text)
        assert respuesta.status_code == 404 or respuesta.headers["Retry-After"] == "1"


def test_mis_entradas_works_with_nothing_listening_behind(comprador: Comprador, falso: MiddlewareFalso) -> None:
    orden_id = comprador.orden_id()
    falso.cerrar()
    respuesta = comprador.cliente.get("/mis-entradas")
    assert respuesta.status_code == 200
    assert orden_id in respuesta.text


def test_with_app1_down_the_state_is_shown_on_remembered_details(comprador: Comprador, estado: Estado) -> None:
    comprador.orden_id()
    estado.con_detalle = False
    estado.ticket_estado = "EMITIDO"
    pagina = comprador.cliente.get("/mis-entradas").text
    assert "Emitida" in pagina
    assert "Fila A, asiento 1" in pagina


def test_pdf_and_boleta_are_for_the_session_that_bought(comprador: Comprador, app: Flask, estado: Estado) -> None:
    orden_id = comprador.orden_id()
    estado.pdf, estado.folio, estado.ticket_estado = True, 77, "ENVIADO"
    pagina = comprador.cliente.get(f"/mis-entradas/{orden_id}").text
    assert f"/mis-entradas/{orden_id}/entrada.pdf" in pagina
    pdf = comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf")
    assert (pdf.data, pdf.content_type) == (PDF, "application/pdf")
    boleta = comprador.cliente.get(f"/mis-entradas/{orden_id}/boleta").text
    for dato in ("<b>77</b>", "$29.832", "$5.668", "$35.500", "97975000-5", "sin validez tributaria"):
        assert dato in boleta
    for ruta in ("", "/entrada.pdf", "/boleta"):
        ajena = app.test_client().get(f"/mis-entradas/{orden_id}{ruta}")
        assert (ajena.status_code, codigo(ajena.text)) == (404, "orden_desconocida")


@pytest.mark.parametrize(("ruta", "causa"), [("entrada.pdf", "entrada_en_proceso"), ("boleta", "boleta_en_proceso")])
def test_a_document_that_is_not_ready_says_so(comprador: Comprador, ruta: str, causa: str) -> None:
    respuesta = comprador.cliente.get(f"/mis-entradas/{comprador.orden_id()}/{ruta}")
    assert (respuesta.status_code, codigo(respuesta.text)) == (404, causa)


def test_lookup_needs_the_orders_own_address(comprador: Comprador, app: Flask) -> None:
    orden_id = comprador.orden_id()
    otro = Comprador(app.test_client())
    datos = otro.campos(otro.cliente.get("/mis-entradas").text, "/mis-entradas/buscar")

    def buscar(orden: str, correo: str) -> Any:
        return otro.cliente.post("/mis-entradas/buscar", data={**datos, "orden": orden, "correo": correo})

    for orden, correo in ((orden_id, "otra@ejemplo.cl"), (str(uuid.uuid4()), COMPRADOR["correo"]), ("x", "")):
        negada = buscar(orden, correo)
        assert (negada.status_code, codigo(negada.text)) == (404, "orden_no_encontrada")
    hallada = buscar(orden_id.upper(), " ANA@ejemplo.cl ")
    assert (hallada.status_code, hallada.location) == (303, f"/mis-entradas/{orden_id}")
    assert orden_id in otro.cliente.get("/mis-entradas").text


def orden_de_prueba(n: int, texto: str = "") -> Orden:
    evento = Evento(
        f"EV{n:03d}",
        f"Festival de otoño número {n} {texto}"[:80],
        f"Teatro Municipal {n} {texto}"[:80],
        datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=n),
    )
    butacas = tuple(Butaca(f"Platea Pacífico {n % 3}", "ABCDEFGH"[i], 3 * i + n) for i in range(8))
    return Orden(str(uuid.uuid4()), datetime(2026, 11, 24, tzinfo=UTC), evento, butacas, 272_000 + n)


def test_twenty_orders_of_eight_seats_fit_whole_in_the_cookie(app: Flask) -> None:
    guardada: dict[str, Any] = {"csrf_token": uuid.uuid4().hex * 2, "s": "x" * 16}
    ordenes = [orden_de_prueba(n) for n in range(25)]
    medir = sesion.medidor(app)
    for orden in ordenes:
        sesion.recordar(guardada, orden, medir)
    assert medir(guardada) <= sesion.MAX_COOKIE_BYTES
    assert sesion.ordenes(guardada) == ordenes[:4:-1]


def test_texts_that_do_not_compress_cost_details_before_orders(app: Flask) -> None:
    guardada: dict[str, Any] = {"csrf_token": uuid.uuid4().hex}
    medir = sesion.medidor(app)
    ordenes = [orden_de_prueba(n, uuid.uuid4().hex + uuid.uuid4().hex) for n in range(20)]
    for orden in ordenes:
        sesion.recordar(guardada, orden, medir)
    assert medir(guardada) <= sesion.MAX_COOKIE_BYTES
    quedan = sesion.ordenes(guardada)
    assert quedan[0].orden_id == ordenes[-1].orden_id
    assert len(quedan) >= 10
    assert quedan[0].butacas == ordenes[-1].butacas


def test_the_cookie_that_leaves_stays_under_4096_bytes(comprador: Comprador, estado: Estado) -> None:
    tamanos = []
    for i in range(22):
        comprada = comprador.comprar(*(100_001 + i * 8 + j for j in range(8)))
        [cookie] = comprada.headers.getlist("Set-Cookie")
        tamanos.append(len(cookie))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    assert max(tamanos) < 4_096
    pagina = comprador.cliente.get("/mis-entradas").text
    assert pagina.count("<article") == 20
    assert [o for o in estado.ordenes if o in pagina] == list(estado.ordenes)[2:]


@pytest.mark.parametrize(
    "contenido",
    [
        {"o": [[1, 2]], "e": {}},
        {"o": "x", "e": 3},
        {"o": [["!!", 1, "EV001", 5, []]], "e": {"EV001": ["a", "b", 1]}},
    ],
    ids=["short entry", "other types", "not base64"],
)
def test_a_cookie_of_another_version_is_no_error(comprador: Comprador, contenido: dict[str, Any]) -> None:
    with comprador.cliente.session_transaction() as guardada:
        guardada.update(contenido)
    assert comprador.cliente.get("/mis-entradas").status_code == 200
