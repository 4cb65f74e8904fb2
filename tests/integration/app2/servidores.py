"""A scratch database, and scratch queues made as compose/images/rabbitmq/definitions.json makes the real ones."""

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pymysql
from emision.base import parametros
from emision.configuracion import COLA
from pika.adapters.blocking_connection import BlockingChannel

DEFINICIONES = Path(__file__).parents[3] / "compose" / "images" / "rabbitmq" / "definitions.json"


def puerto_libre() -> int:
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        return int(libre.getsockname()[1])


@contextmanager
def base_de_prueba(raiz_url: str) -> Iterator[tuple[str, str]]:
    """A database and a user of the same name with app2's rights on it; yields (database, password)."""
    base, clave = f"prueba_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    conexion = pymysql.connect(**parametros(raiz_url), autocommit=True)
    try:
        with conexion.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {base} CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE USER '{base}'@'%%' IDENTIFIED BY %s", (clave,))
            cursor.execute(f"GRANT ALL ON {base}.* TO '{base}'@'%'")
            try:
                yield base, clave
            finally:
                cursor.execute(f"DROP DATABASE {base}")
                cursor.execute(f"DROP USER '{base}'@'%'")
    finally:
        conexion.close()


@contextmanager
def cola_de_prueba(url: str) -> Iterator[tuple[str, BlockingChannel]]:
    """A queue like emision.ordenes, with its dead letters in `<queue>.muertas` by the exchange of that name."""
    cola = f"prueba.{uuid.uuid4().hex[:12]}"
    muertas = f"{cola}.muertas"
    parametros_amqp = pika.URLParameters(url)
    parametros_amqp.heartbeat = 600  # the tests don't serve heartbeats while they wait
    with pika.BlockingConnection(parametros_amqp) as conexion:
        canal = conexion.channel()
        canal.confirm_delivery()
        canal.exchange_declare(muertas, "topic", durable=True)
        canal.queue_declare(muertas, durable=True, arguments=_argumentos(f"{COLA}.muertas"))
        canal.queue_bind(muertas, muertas, "#")
        argumentos = _argumentos(COLA) | {"x-dead-letter-exchange": muertas}
        canal.queue_declare(cola, durable=True, arguments=argumentos)
        try:
            yield cola, canal
        finally:
            canal.queue_delete(cola)
            canal.queue_delete(muertas)
            canal.exchange_delete(muertas)


def _argumentos(cola: str) -> dict[str, Any]:
    definiciones = json.loads(DEFINICIONES.read_text("utf-8"))
    return dict(next(q["arguments"] for q in definiciones["queues"] if q["name"] == cola))
