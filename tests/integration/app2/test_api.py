"""The API, the schema and the read-only view over a real MariaDB."""

import threading
from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from emision import create_app
from emision.base import BaseNoDisponible, Conexion, comprobar_escritura
from emision.migraciones import migrar, migrar_con_espera
from emision.orden_creada import leer_orden
from emision.recepcion import Entrega, registrar

ORDEN_ID = "0199d2f0-0000-7000-8000-000000000001"
OTRA_ORDEN_ID = "0199d2f0-0000-7000-8000-000000000002"
Orden = Callable[..., bytes]
Hasta = Callable[..., Any]


def test_the_schema_is_made_once_when_several_programs_start_together(banco: Any) -> None:
    hilos = [
        threading.Thread(target=migrar_con_espera, args=(banco.configuracion.mariadb_url, threading.Event()))
        for _ in range(4)
    ]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(30)
    assert banco.sql("SELECT version FROM esquema_version") == [{"version": 1}]
    with Conexion(banco.configuracion.mariadb_url) as conexion:
        assert migrar(conexion) == []


def test_a_boleta_is_read_once_it_is_there(banco: Any, orden: Orden, hasta: Hasta) -> None:
    cliente = create_app(banco.configuracion).test_client()
    hasta("the API's own migration", lambda: cliente.get("/salud/lista").status_code == 200)
    assert cliente.get(f"/v1/boletas/{ORDEN_ID}").get_json(force=True)["codigo"] == "boleta_en_proceso"
    with Conexion(banco.configuracion.mariadb_url) as conexion, conexion.transaccion() as cursor:
        assert registrar(cursor, Entrega("m1", 2, False), leer_orden(orden(orden_id=ORDEN_ID))) == 1
    boleta = cliente.get(f"/v1/boletas/{ORDEN_ID}").get_json()
    assert boleta["orden_id"] == ORDEN_ID
    assert boleta["folio"] == 1
    assert boleta["documento"]["Encabezado"]["Totales"]["MntTotal"] == 34_000
    assert boleta["emitida_en"].endswith("Z")
    estado = cliente.get("/v1/estado").get_json()
    assert estado == {"entradas": {"EN_PROCESO": 1}, "correos": {}, "siguiente_folio": 2}


@pytest.mark.parametrize("caida", ["cortar", "congelar"])
def test_without_mariadb_it_says_so_and_goes_on_by_itself(banco: Any, orden: Orden, hasta: Hasta, caida: str) -> None:
    cliente = create_app(banco.configuracion).test_client()
    hasta("the API's own migration", lambda: cliente.get("/salud/lista").status_code == 200)
    with Conexion(banco.configuracion.mariadb_url) as conexion, conexion.transaccion() as cursor:
        registrar(cursor, Entrega("m1", 2, False), leer_orden(orden(orden_id=ORDEN_ID)))
    getattr(banco.a_mariadb, caida)()
    salud = cliente.get("/salud/lista")
    assert salud.status_code == 503
    assert salud.get_json()["dependencias"]["mariadb"]["ok"] is False
    for ruta in (f"/v1/boletas/{ORDEN_ID}", f"/v1/boletas/{OTRA_ORDEN_ID}", "/v1/estado"):
        respuesta = cliente.get(ruta)
        assert (respuesta.status_code, respuesta.headers["Retry-After"]) == (503, "1")
        assert respuesta.content_type == "application/problem+json"
        assert respuesta.get_json(force=True)["codigo"] == "emision_no_disponible"
    assert cliente.get("/salud/viva").status_code == 200
    banco.a_mariadb.abrir()
    hasta("readiness", lambda: cliente.get("/salud/lista").status_code == 200)
    assert cliente.get(f"/v1/boletas/{ORDEN_ID}").get_json()["folio"] == 1


def test_a_folio_taken_by_a_transaction_that_fails_is_taken_again(banco: Any, orden: Orden) -> None:
    with Conexion(banco.configuracion.mariadb_url) as conexion:
        migrar(conexion)
        with pytest.raises(RuntimeError), conexion.transaccion() as cursor:  # noqa: PT012 - the transaction is the subject
            registrar(cursor, Entrega("m1", 2, False), leer_orden(orden()))
            raise RuntimeError("killed before the commit")
        with conexion.transaccion() as cursor:
            assert registrar(cursor, Entrega("m2", 2, False), leer_orden(orden())) == 1
    assert banco.contar("mensaje_recibido") == 1


def test_receivers_at_the_same_time_leave_no_gap(banco: Any, orden: Orden) -> None:
    with Conexion(banco.configuracion.mariadb_url) as conexion:
        migrar(conexion)

    def recibir(hilo: int) -> None:
        with Conexion(banco.configuracion.mariadb_url) as propia:
            for n in range(25):
                with propia.transaccion() as cursor:
                    registrar(cursor, Entrega(f"m-{hilo}-{n}", 2, False), leer_orden(orden()))

    hilos = [threading.Thread(target=recibir, args=(n,)) for n in range(4)]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join(60)
    folios = [fila["folio"] for fila in banco.sql("SELECT folio FROM boleta ORDER BY folio")]
    assert folios == list(range(1, 101))


def test_the_view_shows_the_ticket_to_a_reader_who_can_not_write(banco: Any, orden: Orden) -> None:
    with Conexion(banco.configuracion.mariadb_url) as conexion:
        migrar(conexion)
        with conexion.transaccion() as cursor:
            registrar(cursor, Entrega("m1", 2, False), leer_orden(orden(orden_id=ORDEN_ID)))
    banco.sql(f"REVOKE ALL ON {banco.base}.* FROM '{banco.usuario}'@'%%'")
    banco.sql(f"GRANT SELECT ON {banco.base}.* TO '{banco.usuario}'@'%%'")
    with Conexion(banco.configuracion.mariadb_url) as lector:
        with lector.transaccion() as cursor:
            cursor.execute("SELECT orden_id, estado, folio, total, pdf FROM entradas_publicas")
            assert list(cursor.fetchall()) == [
                {"orden_id": ORDEN_ID, "estado": "EN_PROCESO", "folio": 1, "total": 34_000, "pdf": None}
            ]
        with pytest.raises(BaseNoDisponible):
            comprobar_escritura(lector)


def test_the_tables_refuse_a_second_boleta_for_a_folio(banco: Any) -> None:
    with Conexion(banco.configuracion.mariadb_url) as conexion:
        migrar(conexion)
    alta = "INSERT INTO boleta VALUES (%s, 39, 1, '{}', 1, UTC_TIMESTAMP(3))"
    banco.sql(alta, "a")
    with pytest.raises(pymysql.IntegrityError):
        banco.sql(alta, "b")
