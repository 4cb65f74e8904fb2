"""The HTTP side: what was received, as JSON, as files and as a page; and the switch for misbehaviour."""

import json
import sqlite3
from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import HTTPException

from correo.almacen import Almacen, adjuntos, leer_mensaje
from correo.buzon import Buzon, Modo

LIMITE, LIMITE_MAXIMO = 100, 1000
CODIGOS = {400: "solicitud_invalida", 404: "no_encontrado", 405: "metodo_no_permitido"}


def crear_pagina(almacen: Almacen, buzon: Buzon) -> Flask:
    """Make the HTTP application over a store and its SMTP side."""
    app = Flask(__name__)
    _paginas_de_mensajes(app, almacen, buzon)
    _paginas_de_servicio(app, almacen, buzon)
    app.register_error_handler(HTTPException, _error_http)
    return app


def _paginas_de_mensajes(app: Flask, almacen: Almacen, buzon: Buzon) -> None:
    @app.get("/")
    def portada() -> str:
        mensajes = almacen.listar(*_tramo())
        siguiente = mensajes[-1]["n"] if mensajes else 0
        return render_template(
            "lista.html", total=almacen.total(), modo=buzon.modo.value, mensajes=mensajes, siguiente=siguiente
        )

    @app.get("/mensajes")
    def listar() -> Response:
        return jsonify(total=almacen.total(), mensajes=almacen.listar(*_tramo()))

    @app.get("/mensajes/<int:n>")
    def mensaje(n: int) -> Response:
        return Response(_crudo(almacen, n), content_type="message/rfc822")

    @app.get("/mensajes/<int:n>/adjuntos/<int:i>")
    def adjunto(n: int, i: int) -> Response:
        lista = adjuntos(leer_mensaje(_crudo(almacen, n)))
        if i >= len(lista):
            abort(404, f"El mensaje {n} no tiene adjunto {i}.")
        respuesta = Response(lista[i].contenido, content_type=lista[i].tipo)
        respuesta.headers.set("Content-Disposition", "inline", filename=lista[i].nombre)
        return respuesta


def _paginas_de_servicio(app: Flask, almacen: Almacen, buzon: Buzon) -> None:
    @app.route("/modo", methods=["GET", "POST"])
    def modo() -> Response:
        """Read the mode, or set it with `{"modo": "rechazar"}`."""
        if request.method == "POST":
            pedido = request.get_json()
            nombre = pedido.get("modo") if isinstance(pedido, dict) else None
            if nombre not in list(Modo):
                abort(400, f"modo debe ser uno de {', '.join(Modo)}, no {nombre!r}")
            buzon.modo = Modo(nombre)
        return jsonify(modo=buzon.modo.value)

    @app.get("/salud/viva")
    def viva() -> Response:
        return jsonify(viva=True)

    @app.get("/salud/lista")
    def lista() -> ResponseReturnValue:
        try:
            ok, detalle = True, f"{almacen.total()} mensajes, modo {buzon.modo.value}"
        except sqlite3.Error as error:
            ok, detalle = False, str(error)
        return jsonify(lista=ok, dependencias={"sqlite": {"ok": ok, "detalle": detalle}}), 200 if ok else 503

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _tramo() -> tuple[int, int]:
    desde = request.args.get("desde", 0, type=int)
    limite = request.args.get("limite", LIMITE, type=int)
    return desde, max(1, min(limite, LIMITE_MAXIMO))


def _crudo(almacen: Almacen, n: int) -> bytes:
    crudo = almacen.crudo(n)
    if crudo is None:
        abort(404, f"No hay mensaje {n}.")
    return crudo


def _error_http(error: HTTPException) -> Response:
    status = error.code or 500
    cuerpo = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "codigo": CODIGOS.get(status, "error_interno"),
        "detail": error.description or error.name,
    }
    texto = json.dumps(cuerpo, ensure_ascii=False)
    return Response(texto, status=status, content_type="application/problem+json")
