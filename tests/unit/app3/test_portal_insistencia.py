"""Two middlewares and a buyer in between: retries with the same key, waiting out a failover, and its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from middleware_falso import Estado, Falla, MiddlewareFalso
from navegador import FALLAS_DE_RESPUESTA, Comprador, codigo
from portal.conexion import Conexion, leer_json
from portal.configuracion import Configuracion
from portal.curso import Peticion
from portal.errores import Problema
from portal.metricas import Metricas

ESPERA_S = 30.0
Hacer = Callable[..., Flask]


@pytest.fixture
def otro(falso: MiddlewareFalso) -> Iterator[MiddlewareFalso]:
    """A second address of the same system."""
    servidor = MiddlewareFalso(falso.estado)
    yield servidor
    servidor.cerrar()


def compras_vistas(estado: Estado) -> list[tuple[str, str]]:
    """The address and the key of each purchase that came in."""
    return [(c["Host"], c["Idempotency-Key"]) for m, r, c, _ in estado.vistas if (m, r) == ("POST", "/v1/ordenes")]


@pytest.mark.parametrize(
    "falla",
    [
        Falla(corta=True),
        Falla(corta=True, despues=True),
        Falla(a_medias=True, despues=True),
        Falla(espera_s=20, despues=True),
        Falla(cuerpo=b"<html>"),
        Falla(estado=500, codigo="error_interno"),
    ],
    ids=["cut", "cut after the sale", "cut in the answer", "frozen", "garbage", "500"],
)
def test_a_purchase_that_one_middleware_loses_goes_on_at_the_other_with_the_same_key(
    hacer_app: Hacer, falso: MiddlewareFalso, otro: MiddlewareFalso, estado: Estado, falla: Falla
) -> None:
    falso.fallas_propias["/v1/ordenes"] = falla
    comprador = Comprador(hacer_app(falso.url, otro.url, plazo_compra_s=ESPERA_S).test_client())
    datos = comprador.formulario_pago()
    for _ in range(2):  # whichever address comes first
        assert comprador.cliente.post("/compras", data=datos).status_code == 303
    assert {clave for _, clave in compras_vistas(estado)} == {datos["clave"]}
    assert {f"http://{host}" for host, _ in compras_vistas(estado)} == {falso.url, otro.url}
    assert len(estado.ordenes) == 1


@pytest.mark.parametrize(
    "falla",
    [
        Falla(estado=503, codigo="servicio_no_disponible", veces=4),
        Falla(estado=409, codigo="clave_en_curso", veces=2),
        Falla(corta=True, veces=4),
    ],
    ids=["503", "an earlier press still runs", "restarting"],
)
def test_a_purchase_waits_out_a_failover_behind(
    hacer_app: Hacer, falso: MiddlewareFalso, otro: MiddlewareFalso, estado: Estado, falla: Falla
) -> None:
    estado.fallas["/v1/ordenes"] = falla
    comprador = Comprador(hacer_app(falso.url, otro.url, plazo_compra_s=ESPERA_S).test_client())
    datos = comprador.formulario_pago()
    assert comprador.cliente.post("/compras", data=datos).status_code == 303
    assert len(compras_vistas(estado)) == falla.veces + 1
    assert len(estado.ordenes) == 1


class Tiempo:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.ahora_s = 100.0
        self.pausas_s: list[float] = []

    def reloj(self) -> float:
        return self.ahora_s

    def dormir(self, s: float) -> None:
        self.pausas_s.append(s)
        self.ahora_s += s


def test_insisting_heeds_retry_after_and_ends_before_its_deadline(falso: MiddlewareFalso, estado: Estado) -> None:
    estado.fallas["/v1/ordenes"] = Falla(estado=503, codigo="servicio_no_disponible")
    tiempo = Tiempo()
    config = Configuracion((falso.url,), "clave", Path("/nada"))
    conexion = Conexion(config, Metricas(), tiempo.reloj, tiempo.dormir)
    with pytest.raises(Problema, match="503 servicio_no_disponible"):
        conexion.insistir(Peticion("POST", "/v1/ordenes", "compra", {}, "k"), leer_json, config.plazo_compra_s)
    assert all(1.0 <= pausa_s <= 1.25 for pausa_s in tiempo.pausas_s)
    assert 6.5 < sum(tiempo.pausas_s) < config.plazo_compra_s == 8.0
    assert len(compras_vistas(estado)) == len(tiempo.pausas_s) + 1


def test_a_refusal_is_told_at_once(falso: MiddlewareFalso, estado: Estado) -> None:
    estado.fallas["/v1/ordenes"] = Falla(estado=409, codigo="retencion_expirada")
    tiempo = Tiempo()
    conexion = Conexion(Configuracion((falso.url,), "c", Path("/nada")), Metricas(), tiempo.reloj, tiempo.dormir)
    with pytest.raises(Problema, match="retencion_expirada"):
        conexion.insistir(Peticion("POST", "/v1/ordenes", "compra", {}, "k"), leer_json, 8.0)
    assert tiempo.pausas_s == []


def test_purchases_that_wait_leave_the_other_pages_their_places(hacer_app: Hacer, falso: MiddlewareFalso) -> None:
    estado = falso.estado
    app = hacer_app(
        falso.url, llamadas_simultaneas=1, compras_simultaneas=1, compra_s=ESPERA_S, plazo_compra_s=ESPERA_S
    )
    primero, segundo = Comprador(app.test_client()), Comprador(app.test_client())
    un_pago, otro_pago = primero.formulario_pago(100_001), segundo.formulario_pago(100_002)
    estado.fallas["/v1/ordenes"] = Falla(espera_s=ESPERA_S, veces=1)
    estados: list[int] = []
    espera = threading.Thread(
        target=lambda: estados.append(primero.cliente.post("/compras", data=un_pago).status_code), daemon=True
    )
    espera.start()
    limite = time.monotonic() + ESPERA_S
    while not compras_vistas(estado):
        assert time.monotonic() < limite, "waited for the first purchase to arrive"
        time.sleep(0.01)
    respuesta = segundo.cliente.post("/compras", data=otro_pago)
    assert (respuesta.status_code, codigo(respuesta.text)) == (503, "compra_no_enviada")
    assert segundo.campos(respuesta.text, "/compras")["clave"] == otro_pago["clave"]
    assert segundo.cliente.get("/eventos/EV001/mapa?sector=CANCHA").status_code == 200
    falso.soltar.set()
    espera.join(2 * ESPERA_S)
    assert estados == [303]


def test_seat_maps_that_hang_leave_tickets_their_places(hacer_app: Hacer, falso: MiddlewareFalso) -> None:
    app = hacer_app(falso.url, llamadas_simultaneas=3, lectura_s=ESPERA_S)
    comprador = Comprador(app.test_client())
    orden_id = comprador.orden_id()
    mapa = "/v1/eventos/EV001/asientos"
    falso.estado.fallas[mapa] = Falla(espera_s=ESPERA_S, veces=1)
    espera = threading.Thread(target=lambda: app.test_client().get("/eventos/EV001/mapa?sector=CANCHA"), daemon=True)
    vistas = len(falso.estado.vistas)
    espera.start()
    limite = time.monotonic() + ESPERA_S
    while not any(ruta.startswith(mapa) for _, ruta, *_ in falso.estado.vistas[vistas:]):
        assert time.monotonic() < limite, "waited for the seat map to be asked for"
        time.sleep(0.01)
    respuesta = comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf")
    assert codigo(respuesta.text) == "entrada_en_proceso", "the middleware was asked, and answered"
    falso.soltar.set()
    espera.join(2 * ESPERA_S)
    assert not espera.is_alive()


@pytest.mark.parametrize("falla", FALLAS_DE_RESPUESTA.values(), ids=FALLAS_DE_RESPUESTA.keys())
def test_one_bad_middleware_does_not_show_while_the_other_serves(
    hacer_app: Hacer, falso: MiddlewareFalso, otro: MiddlewareFalso, estado: Estado, falla: Falla
) -> None:
    comprador = Comprador(hacer_app(falso.url, otro.url).test_client())
    orden_id = comprador.orden_id()
    estado.ticket_estado, estado.pdf = "ENVIADO", True
    if falla.estado not in (404, 429):  # those are answers, and final
        falso.fallas_propias["/v1/"] = falla
    for _ in range(2):  # whichever address comes first
        assert "Enviada" in comprador.cliente.get(f"/mis-entradas/{orden_id}").text
        assert comprador.cliente.get(f"/mis-entradas/{orden_id}/entrada.pdf").status_code == 200
        assert comprador.cliente.get("/eventos/EV001/mapa?sector=CANCHA").status_code == 200


def test_wrong_fields_while_nothing_answers_keep_the_form_and_its_key(
    comprador: Comprador, estado: Estado, falso: MiddlewareFalso
) -> None:
    datos = comprador.formulario_pago() | {"rut": "12.345.678-9"}
    estado.fallas["/v1/retenciones"] = Falla(estado=503, codigo="servicio_no_disponible")
    respuesta = comprador.cliente.post("/compras", data=datos)
    assert (respuesta.status_code, codigo(respuesta.text)) == (503, "compra_no_enviada")
    ofrecido = comprador.campos(respuesta.text, "/compras")
    assert (ofrecido["clave"], ofrecido["nombre"]) == (datos["clave"], datos["nombre"])
    assert compras_vistas(estado) == []
