"""The API and the health pages while MariaDB is away."""

import socket

import pytest
from emision import create_app
from emision.configuracion import Configuracion
from emision.salud import Tablero, paginas_de_salud
from flask import Flask
from flask.testing import FlaskClient


@pytest.fixture
def cliente() -> FlaskClient:
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        puerto = libre.getsockname()[1]
    configuracion = Configuracion(mariadb_url=f"mysql://a:b@127.0.0.1:{puerto}/emision")
    return create_app(configuracion, migrar=False).test_client()


def test_a_boleta_without_mariadb_is_503_with_retry_after(cliente: FlaskClient) -> None:
    respuesta = cliente.get("/v1/boletas/0199d2f0-0000-7000-8000-000000000001")
    assert respuesta.status_code == 503
    assert respuesta.headers["Retry-After"] == "1"
    assert respuesta.content_type == "application/problem+json"
    assert respuesta.get_json(force=True)["codigo"] == "emision_no_disponible"


def test_it_lives_but_is_not_ready(cliente: FlaskClient) -> None:
    assert cliente.get("/salud/viva").status_code == 200
    respuesta = cliente.get("/salud/lista")
    assert respuesta.status_code == 503
    cuerpo = respuesta.get_json()
    assert cuerpo["lista"] is False
    assert cuerpo["dependencias"]["mariadb"]["ok"] is False


def test_what_is_no_order_is_404(cliente: FlaskClient) -> None:
    respuesta = cliente.get("/v1/boletas/uno")
    assert respuesta.status_code == 404
    assert respuesta.get_json(force=True)["codigo"] == "no_encontrado"


def test_the_worker_is_ready_without_the_mail_server_but_not_without_the_broker() -> None:
    tablero = Tablero(necesarias=["mariadb", "rabbitmq"], opcionales=["correo"])
    app = Flask("prueba")
    app.register_blueprint(paginas_de_salud(tablero.informe))
    cliente = app.test_client()
    assert cliente.get("/salud/lista").status_code == 503
    tablero.anotar("mariadb", True, "ok")
    tablero.anotar("rabbitmq", True, "ok")
    tablero.anotar("correo", False, "refused")
    assert cliente.get("/salud/lista").status_code == 200
    tablero.anotar("rabbitmq", False, "closed")
    respuesta = cliente.get("/salud/lista")
    assert respuesta.status_code == 503
    assert respuesta.get_json()["dependencias"]["rabbitmq"] == {"ok": False, "detalle": "closed"}


def test_metrics_are_served(cliente: FlaskClient) -> None:
    cliente.get("/salud/viva")
    assert b'emision_http_respuestas_total{codigo="200",ruta="/salud/viva"}' in cliente.get("/metrics").data
