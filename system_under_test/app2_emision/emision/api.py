"""app2's HTTP API: boletas to read, and the state of the work."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from emision import metricas
from emision.base import BaseNoDisponible, Conexion, Cursor
from emision.boleta import TIPO_DTE
from emision.configuracion import Configuracion
from emision.migraciones import esquema_listo, migrar_con_espera
from emision.registro import Registro
from emision.salud import Dependencia, Informe, paginas_de_salud
from emision.tiempo import rfc3339

registro = Registro(__name__)

# Below the 1.5 s that the middleware gives an attempt: over a frozen MariaDB it hears 503 and not silence, and
# few of the threads that also answer the health checks wait.
PLAZO_S = 1.0


def create_app(configuracion: Configuracion | None = None, *, migrar: bool = True) -> Flask:
    """Make the API. With `migrar` a thread brings the schema up to date, waiting for MariaDB if it must."""
    configuracion = configuracion or Configuracion.desde_entorno()
    app = Flask(__name__)
    app.config["EMISION"] = configuracion
    app.register_blueprint(paginas_de_salud(lambda: _informe(configuracion)))
    app.add_url_rule("/v1/boletas/<uuid:orden_id>", view_func=ver_boleta)
    app.add_url_rule("/v1/estado", view_func=ver_estado)
    app.register_error_handler(BaseNoDisponible, _sin_base)
    app.register_error_handler(HTTPException, _error_http)
    app.after_request(_contar)
    if migrar:
        argumentos = (configuracion.mariadb_url, threading.Event())
        threading.Thread(target=migrar_con_espera, args=argumentos, daemon=True, name="migraciones").start()
    return app


def ver_boleta(orden_id: object) -> ResponseReturnValue:
    """`GET /v1/boletas/{orden_id}`."""
    with _leer() as cursor:
        cursor.execute("SELECT folio, documento, emitida_en FROM boleta WHERE orden_id = %s", (str(orden_id),))
        fila = cursor.fetchone()
    if fila is None:
        return problema(404, "boleta_en_proceso", "La boleta de esta orden todavía no está emitida.")
    return jsonify(
        orden_id=str(orden_id),
        folio=fila["folio"],
        documento=json.loads(fila["documento"]),
        emitida_en=rfc3339(fila["emitida_en"]),
    )


def ver_estado() -> ResponseReturnValue:
    """`GET /v1/estado`: how many tickets and e-mails stand in each state, and the next folio."""
    with _leer() as cursor:
        entradas = _por_estado(cursor, "entrada")
        correos = _por_estado(cursor, "correo_saliente")
        cursor.execute("SELECT siguiente FROM folio_contador WHERE tipo_dte = %s", (TIPO_DTE,))
        contador = cursor.fetchone()
    return jsonify(entradas=entradas, correos=correos, siguiente_folio=contador and contador["siguiente"])


def problema(status: int, codigo: str, detail: str) -> Response:
    """An `application/problem+json` answer."""
    cuerpo = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "codigo": codigo,
        "detail": detail,
    }
    texto = json.dumps(cuerpo, ensure_ascii=False)
    return Response(texto, status=status, content_type="application/problem+json")


@contextmanager
def _leer() -> Iterator[Cursor]:
    """A connection for one request: few read boletas, and a fresh one is never a dead one."""
    configuracion: Configuracion = current_app.config["EMISION"]
    with _conexion(configuracion) as conexion, conexion.transaccion() as cursor:
        yield cursor


def _conexion(configuracion: Configuracion) -> Conexion:
    return Conexion(configuracion.mariadb_url, conectar_s=PLAZO_S, leer_s=PLAZO_S)


def _por_estado(cursor: Cursor, tabla: str) -> dict[str, int]:
    cursor.execute(f"SELECT estado, COUNT(*) AS n FROM {tabla} GROUP BY estado")
    return {fila["estado"]: fila["n"] for fila in cursor.fetchall()}


def _informe(configuracion: Configuracion) -> Informe:
    try:
        with _conexion(configuracion) as conexion, conexion.transaccion() as cursor:
            listo = esquema_listo(cursor)
    except BaseNoDisponible as error:
        return {"mariadb": Dependencia(False, str(error))}
    return {"mariadb": Dependencia(listo, "ok" if listo else "esquema en preparación")}


def _contar(respuesta: Response) -> Response:
    ruta = request.url_rule.rule if request.url_rule else "otra"
    metricas.RESPUESTAS.labels(ruta, respuesta.status_code).inc()
    return respuesta


def _sin_base(error: BaseNoDisponible) -> Response:
    registro.aviso("mariadb_no_disponible", motivo=str(error))
    respuesta = problema(503, "emision_no_disponible", "La emisión no responde. Intenta de nuevo en un momento.")
    respuesta.headers["Retry-After"] = "1"
    return respuesta


def _error_http(error: HTTPException) -> Response:
    status = error.code or 500
    codigo = {404: "no_encontrado", 405: "metodo_no_permitido"}.get(status, "error_interno")
    return problema(status, codigo, error.description or error.name)
