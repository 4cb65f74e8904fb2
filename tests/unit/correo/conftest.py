"""A running mail server on free ports."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from correo.almacen import Almacen
from correo.buzon import Buzon, crear_servidor
from correo.pagina import crear_pagina
from flask.testing import FlaskClient


@dataclass(frozen=True, slots=True)
class Servidor:
    puerto: int
    almacen: Almacen
    buzon: Buzon
    http: FlaskClient


@pytest.fixture
def servidor(tmp_path: Path) -> Iterator[Servidor]:
    almacen = Almacen(tmp_path)
    buzon = Buzon(almacen)
    with socket.socket() as libre:  # aiosmtpd connects to itself when it starts, so port 0 won't do
        libre.bind(("127.0.0.1", 0))
        puerto = libre.getsockname()[1]
    smtp = crear_servidor(buzon, "127.0.0.1", puerto)
    smtp.start()
    try:
        yield Servidor(puerto, almacen, buzon, crear_pagina(almacen, buzon).test_client())
    finally:
        smtp.stop()
