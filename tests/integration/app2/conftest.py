"""Scratch database, users and queues on real servers, and the real programs as processes.

TICKETFLOW_PRUEBA_MARIADB    mysql://root:PASSWORD@127.0.0.1:3306/   an account that may create users
TICKETFLOW_PRUEBA_RABBITMQ   amqp://USER:PASSWORD@127.0.0.1:5672/    an account that may declare queues
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import pymysql
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from emision.base import parametros
from emision.configuracion import Configuracion
from pika.adapters.blocking_connection import BlockingChannel
from puente import Puente
from pymysql.cursors import DictCursor
from servidores import base_de_prueba, cola_de_prueba, puerto_libre

PLAZO_S = 90.0
RAIZ = Path(__file__).parents[3] / "system_under_test"


def esperar(que: str, condicion: Callable[[], Any], plazo_s: float = PLAZO_S) -> Any:
    """Wait for a condition to hold and return its value; fail after the deadline with its name."""
    limite = time.monotonic() + plazo_s
    while not (valor := condicion()):
        if time.monotonic() > limite:
            pytest.fail(f"waited {plazo_s:.0f} s for {que}")
        time.sleep(0.05)
    return valor


def del_entorno(nombre: str) -> str:
    valor = os.environ.get(nombre)
    if not valor:
        pytest.skip(f"{nombre} is not set")
    return valor


@dataclass
class Proceso:
    """A program of TicketFlow under test; its log is kept for when a test fails."""

    modulo: str
    carpeta: Path
    entorno: dict[str, str]
    registro: Path
    proceso: "subprocess.Popen[bytes] | None" = None

    def arrancar(self) -> None:
        with self.registro.open("ab") as salida:
            self.proceso = subprocess.Popen(
                [sys.executable, "-m", self.modulo],
                cwd=self.carpeta,
                env=os.environ | self.entorno,
                stdout=salida,
                stderr=subprocess.STDOUT,
            )

    def terminar(self, senal: int = signal.SIGKILL) -> int:
        """End the program with a signal and return its exit status."""
        assert self.proceso is not None
        self.proceso.send_signal(senal)
        return self.proceso.wait(timeout=20)

    def eventos(self) -> list[dict[str, Any]]:
        """What the program logged."""
        return [json.loads(linea) for linea in self.registro.read_text("utf-8").splitlines()]


@dataclass
class Banco:
    """One test's world."""

    configuracion: Configuracion
    raiz_url: str
    usuario: str
    base: str
    canal: BlockingChannel
    trabajador: Proceso
    correo: Proceso
    correo_http: str
    a_mariadb: Puente
    a_rabbitmq: Puente

    def sql(self, consulta: str, *valores: object) -> list[dict[str, Any]]:
        """Run a statement as the superuser in the scratch database."""
        conexion = pymysql.connect(
            **parametros(self.raiz_url) | {"database": self.base}, autocommit=True, cursorclass=DictCursor
        )
        try:
            with conexion.cursor() as cursor:
                cursor.execute(consulta, valores)
                return list(cursor.fetchall())
        finally:
            conexion.close()

    def contar(self, tabla: str, donde: str = "TRUE") -> int:
        return int(self.sql(f"SELECT COUNT(*) AS n FROM {tabla} WHERE {donde}")[0]["n"])

    def esquema_creado(self) -> bool:
        consulta = "SELECT 1 FROM information_schema.views WHERE table_schema = %s"
        return bool(self.sql(consulta, self.base))

    def publicar(self, cuerpo: bytes, mensaje_id: str | None = None) -> str:
        mensaje_id = mensaje_id or str(uuid.uuid4())
        propiedades = pika.BasicProperties(message_id=mensaje_id, delivery_mode=2)
        self.canal.basic_publish("", self.configuracion.cola, cuerpo, propiedades, mandatory=True)
        return mensaje_id

    def en_cola(self, sufijo: str = "") -> int:
        respuesta = self.canal.queue_declare(self.configuracion.cola + sufijo, passive=True)
        return int(respuesta.method.message_count)

    def muertas(self) -> list[tuple[str | None, str, bytes]]:
        """Take the dead letters: message id, `motivo` and body of each."""
        tomadas = []
        while (carta := self.canal.basic_get(f"{self.configuracion.cola}.muertas", auto_ack=True))[0] is not None:
            _, propiedades, cuerpo = carta
            tomadas.append((propiedades.message_id, (propiedades.headers or {}).get("motivo", ""), cuerpo))
        return tomadas

    def tropiezos(self, evento: str) -> int:
        """How often the worker's receiving thread has logged this event."""
        return sum(e["evento"] == evento and e["origen"] == "emision.consumidor" for e in self.trabajador.eventos())

    def correos(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.correo_http}/mensajes?limite=1000", timeout=5) as respuesta:
            return list(json.load(respuesta)["mensajes"])

    def lista(self) -> int:
        """The worker's readiness: 200, 503, or 0 when nothing answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.configuracion.puerto}/salud/lista", timeout=5
            ) as respuesta:
                return int(respuesta.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def modo_correo(self, modo: str) -> None:
        pedido = urllib.request.Request(
            f"{self.correo_http}/modo",
            data=json.dumps({"modo": modo}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(pedido, timeout=5).close()

    def arrancar_correo(self) -> None:
        self.correo.arrancar()
        puertos = (self.configuracion.smtp_puerto, int(self.correo.entorno["PUERTO"]))
        esperar("the mail server's ports", lambda: all(_escucha(puerto) for puerto in puertos), 20)


def _escucha(puerto: int) -> bool:
    with socket.socket() as sonda:
        return sonda.connect_ex(("127.0.0.1", puerto)) == 0


@pytest.fixture
def banco(tmp_path: Path) -> Iterator[Banco]:
    """A scratch world with the mail server running; the test starts the worker."""
    mariadb = del_entorno("TICKETFLOW_PRUEBA_MARIADB")
    rabbitmq = del_entorno("TICKETFLOW_PRUEBA_RABBITMQ")
    with base_de_prueba(mariadb) as (base, clave), cola_de_prueba(rabbitmq) as (cola, canal):
        a_mariadb, a_rabbitmq = puente_a(mariadb, 3306), puente_a(rabbitmq, 5672)
        configuracion = Configuracion(
            mariadb_url=f"mysql://{base}:{clave}@127.0.0.1:{a_mariadb.puerto}/{base}",
            rabbitmq_url=urlsplit(rabbitmq)._replace(netloc=_por(rabbitmq, a_rabbitmq)).geturl(),
            smtp_host="127.0.0.1",
            smtp_puerto=puerto_libre(),
            puerto=puerto_libre(),
            cola=cola,
            muertas=f"{cola}.muertas",
        )
        puerto_http = puerto_libre()
        entorno_correo = {
            "PUERTO": str(puerto_http),
            "SMTP_PUERTO": str(configuracion.smtp_puerto),
            "CORREO_DATOS": str(tmp_path / "correo"),
        }
        mundo = Banco(
            configuracion=configuracion,
            raiz_url=mariadb,
            usuario=base,
            base=base,
            canal=canal,
            trabajador=Proceso(
                "emision.trabajador",
                RAIZ / "app2_emision",
                entorno_del_trabajador(configuracion),
                tmp_path / "trabajador.log",
            ),
            correo=Proceso("correo", RAIZ / "correo", entorno_correo, tmp_path / "correo.log"),
            correo_http=f"http://127.0.0.1:{puerto_http}",
            a_mariadb=a_mariadb,
            a_rabbitmq=a_rabbitmq,
        )
        try:
            mundo.arrancar_correo()
            yield mundo
        finally:
            for proceso in (mundo.trabajador, mundo.correo):
                if proceso.proceso is not None and proceso.proceso.poll() is None:
                    proceso.terminar()
            for puente in (a_mariadb, a_rabbitmq):
                puente.cortar()


def puente_a(url: str, puerto: int) -> Puente:
    partes = urlsplit(url)
    return Puente(partes.hostname or "127.0.0.1", partes.port or puerto)


def _por(url: str, puente: Puente) -> str:
    credenciales, _, _ = urlsplit(url).netloc.rpartition("@")
    return f"{credenciales}@127.0.0.1:{puente.puerto}"


def entorno_del_trabajador(configuracion: Configuracion) -> dict[str, str]:
    return {
        "MARIADB_URL": configuracion.mariadb_url,
        "RABBITMQ_URL": configuracion.rabbitmq_url,
        "SMTP_HOST": configuracion.smtp_host,
        "SMTP_PUERTO": str(configuracion.smtp_puerto),
        "PUERTO": str(configuracion.puerto),
        "COLA": configuracion.cola,
        "MUERTAS": configuracion.muertas,
    }


@pytest.fixture
def orden() -> Callable[..., bytes]:
    """Make the message of a new order with one seat; `orden(orden_id=..., numero=...)`."""

    def fabricar(orden_id: str | None = None, numero: int = 1, **cambios: Any) -> bytes:
        cuerpo = {
            "version": 1,
            "orden_id": orden_id or str(uuid.uuid4()),
            "creada_en": "2026-11-24T15:00:00.123Z",
            "evento": {
                "codigo": "EV001",
                "nombre": "Ñandú en concierto",
                "lugar": "Estadio de prueba, Santiago",
                "inicia_en": "2026-12-06T00:00:00Z",
                "afecto_iva": True,
                "rut_mandante": "76086428-5",
            },
            "comprador": {"rut": "12345678-5", "nombre": "María Núñez", "correo": "maria@example.com"},
            "items": [
                {
                    "asiento_id": numero,
                    "sector": "PLATEA ALTA",
                    "fila": "F",
                    "numero": numero,
                    "tipo_ticket": "GENERAL",
                    "folio_ticket": numero,
                    "precio": 31_000,
                }
            ],
            "cargo_servicio": 3_000,
            "total": 34_000,
            "moneda": "CLP",
            "medio_pago": 2,
        }
        return json.dumps(cuerpo | cambios, ensure_ascii=False).encode()

    return fabricar


@pytest.fixture
def hasta() -> Callable[..., Any]:
    """`hasta("what is waited for", condition, seconds)`."""
    return esperar
