"""The catalogue's own copy, degraded pages, health, headers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from middleware_falso import Estado, Falla, MiddlewareFalso
from navegador import FALLAS_DE_RESPUESTA, Comprador, codigo
from portal.catalogo import CatalogoLocal, cargar
from portal.configuracion import Configuracion, repartir
from portal.errores import ConfiguracionInvalida, NoResponde
from portal.modelo import Evento

NADIE = "http://127.0.0.1:1"


def test_the_catalogue_copy_survives_a_restart_with_nothing_behind(
    hacer_app: Callable[..., Flask], falso: MiddlewareFalso
) -> None:
    hacer_app(falso.url)
    cliente = hacer_app(NADIE).test_client()
    assert "Festival de Jazz" in cliente.get("/").text
    assert "PLATEA ALTA" in cliente.get("/eventos/EV001").text
    assert cliente.get("/salud/lista").status_code == 200


def test_an_old_copy_tells_its_age(hacer_app: Callable[..., Flask], falso: MiddlewareFalso, tmp_path: Path) -> None:
    assert "actualizada" not in hacer_app(falso.url).test_client().get("/").text
    archivo = tmp_path / "catalogo.json"
    guardado = json.loads(archivo.read_text())
    guardado["obtenida_en"] = (datetime.now(UTC) - timedelta(minutes=3, seconds=5)).isoformat()
    archivo.write_text(json.dumps(guardado))
    assert "Cartelera actualizada hace 3 minutos" in hacer_app(NADIE).test_client().get("/").text


@pytest.mark.parametrize("contenido", ["", "{", "[]", '{"eventos": [{}]}'])
def test_a_damaged_copy_is_as_good_as_none(tmp_path: Path, contenido: str) -> None:
    archivo = tmp_path / "c.json"
    archivo.write_text(contenido)
    assert cargar(archivo) is None


def test_without_any_copy_the_portal_is_not_ready_and_says_when_to_come_back(
    hacer_app: Callable[..., Flask],
) -> None:
    cliente = hacer_app(NADIE).test_client()
    for ruta in ("/", "/eventos/EV001", "/eventos/EV001/mapa?sector=X"):
        respuesta = cliente.get(ruta)
        assert (respuesta.status_code, codigo(respuesta.text)) == (503, "catalogo_no_disponible")
        assert respuesta.headers["Retry-After"] == "1"
    lista = cliente.get("/salud/lista")
    assert lista.status_code == 503
    assert lista.json is not None
    assert lista.json["lista"] is False
    assert lista.json["dependencias"]["catalogo"]["ok"] is False
    assert cliente.get("/salud/viva").status_code == 200


def test_a_refresh_that_fails_keeps_the_old_copy(tmp_path: Path) -> None:
    evento = Evento("EV001", "Uno", "Aquí", datetime(2027, 1, 1, tzinfo=UTC))
    respuestas = iter([(evento,)])

    def leer() -> tuple[Evento, ...]:
        try:
            return next(respuestas)
        except StopIteration:
            raise NoResponde("nobody", enviada=False) from None

    catalogo = CatalogoLocal(tmp_path / "c.json", leer, 5.0)
    assert catalogo.refrescar() is True
    assert catalogo.refrescar() is False
    assert catalogo.eventos == (evento,)
    assert catalogo.ultimo_error


def test_a_disk_that_refuses_costs_only_the_next_start(tmp_path: Path) -> None:
    tapon = tmp_path / "no-es-carpeta"
    tapon.write_text("")
    catalogo = CatalogoLocal(tapon / "c.json", tuple, 5.0)
    assert catalogo.refrescar() is True
    assert catalogo.eventos == ()


def test_the_background_refresh_brings_new_events_until_it_is_stopped(tmp_path: Path) -> None:
    llamadas = threading.Semaphore(0)

    def leer() -> tuple[Evento, ...]:
        llamadas.release()
        return ()

    fin = CatalogoLocal(tmp_path / "c.json", leer, 0.01).arrancar()
    for _ in range(3):
        assert llamadas.acquire(timeout=5), "waited 5 s for a refresh"
    fin.set()


@pytest.mark.parametrize("falla", FALLAS_DE_RESPUESTA.values(), ids=FALLAS_DE_RESPUESTA.keys())
def test_an_event_without_availability_shows_sectors_without_counts(
    comprador: Comprador, estado: Estado, falla: Falla
) -> None:
    assert "250 de 250 disponibles" in comprador.cliente.get("/eventos/EV001").text
    estado.fallas["/v1/eventos/"] = falla
    respuesta = comprador.cliente.get("/eventos/EV001")
    assert respuesta.status_code == 200
    assert "PLATEA ALTA" in respuesta.text
    assert "$34.000" in respuesta.text
    assert "disponibles" not in respuesta.text


def test_a_map_without_answer_is_a_503_that_leads_back_to_the_event(comprador: Comprador, estado: Estado) -> None:
    estado.fallas["/v1/eventos/"] = Falla(corta=True)
    respuesta = comprador.cliente.get("/eventos/EV001/mapa?sector=CANCHA")
    assert (respuesta.status_code, codigo(respuesta.text)) == (503, "mapa_no_disponible")
    assert respuesta.headers["Retry-After"] == "1"
    assert 'href="/eventos/EV001"' in respuesta.text


@pytest.mark.parametrize(
    ("ruta", "causa"),
    [
        ("/nada", "no_encontrada"),
        ("/eventos/EV999", "evento_desconocido"),
        ("/eventos/EV001/mapa?sector=NO", "sector_desconocido"),
        ("/mis-entradas/no-es-uuid", "no_encontrada"),
    ],
)
def test_what_does_not_exist_is_a_404_with_its_code(comprador: Comprador, ruta: str, causa: str) -> None:
    respuesta = comprador.cliente.get(ruta)
    assert (respuesta.status_code, codigo(respuesta.text)) == (404, causa)


def test_our_own_mistake_is_a_500_page(app: Flask) -> None:
    app.add_url_rule("/roto", "roto", lambda: str(1 // 0))
    respuesta = app.test_client().get("/roto")
    assert (respuesta.status_code, codigo(respuesta.text)) == (500, "error_interno")


def test_a_frozen_address_costs_one_buyer_its_timeout_not_all(
    hacer_app: Callable[..., Flask], falso: MiddlewareFalso
) -> None:
    congelado = MiddlewareFalso()
    congelado.fallas_propias["/v1/eventos/"] = Falla(espera_s=3)
    cliente = hacer_app(congelado.url, falso.url, lectura_s=0.3).test_client()
    for _ in range(10):
        assert "250 de 250 disponibles" in cliente.get("/eventos/EV001").text
    congelado.cerrar()
    preguntas = [ruta for _, ruta, *_ in congelado.estado.vistas if ruta.startswith("/v1/eventos/")]
    assert 1 <= len(preguntas) < 5, "taking turns would ask it five times"


def test_every_page_carries_the_security_headers(comprador: Comprador) -> None:
    for ruta in ("/", "/nada", "/mis-entradas"):
        cabeceras = comprador.cliente.get(ruta).headers
        assert "default-src 'none'" in cabeceras["Content-Security-Policy"]
        assert cabeceras["X-Content-Type-Options"] == "nosniff"
        assert cabeceras["Referrer-Policy"] == "same-origin"


def test_names_from_behind_are_escaped(comprador: Comprador) -> None:
    pagina = comprador.cliente.get("/").text
    assert "&lt;50 años&gt;" in pagina
    assert "<50" not in pagina


def test_metrics_count_requests_by_route(comprador: Comprador) -> None:
    comprador.cliente.get("/eventos/EV001")
    metricas = comprador.cliente.get("/metrics").text
    esperada = 'http_peticion_segundos_count{estado="200",metodo="GET",ruta="/eventos/<codigo>"} 1.0'
    assert esperada in metricas
    assert "portal_catalogo_edad_segundos" in metricas


@pytest.mark.parametrize("hilos", [4, 8, 16, 40, 120])
def test_threads_are_shared_out_with_some_left_for_pages_that_need_nothing(hilos: int) -> None:
    llamadas, compras = repartir(hilos)
    assert min(llamadas, compras) >= 1
    assert llamadas + compras < hilos


def test_settings_that_are_missing_are_named() -> None:
    completo = {"MIDDLEWARE_URLS": "http://a:1, http://b:2/", "CLAVE_SESION": "x", "CATALOGO_ARCHIVO": "/c"}
    assert Configuracion.de_entorno(completo).middleware_urls == ("http://a:1", "http://b:2")
    con_hilos = Configuracion.de_entorno({**completo, "HILOS": "120"})
    assert (con_hilos.llamadas_simultaneas, con_hilos.compras_simultaneas) == (36, 52)
    for nombre in completo:
        with pytest.raises(ConfiguracionInvalida, match=nombre):
            Configuracion.de_entorno({**completo, nombre: " "})
    with pytest.raises(ConfiguracionInvalida, match="ftp"):
        Configuracion.de_entorno({**completo, "MIDDLEWARE_URLS": "ftp://a"})
