"""Health and metrics pages, the same for API and worker."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@dataclass(frozen=True, slots=True)
class Dependencia:
    """What is known of a dependency; `necesaria` when the program's main job stops without it."""

    ok: bool
    detalle: str
    necesaria: bool = True


Informe = dict[str, Dependencia]


class Tablero:
    """The worker's threads note here what they last saw of each dependency; safe between threads."""

    def __init__(self, necesarias: Iterable[str], opcionales: Iterable[str] = ()) -> None:
        self._cerrojo = threading.Lock()
        self._informe = {n: Dependencia(False, "sin conexión todavía", True) for n in necesarias}
        self._informe |= {n: Dependencia(False, "sin conexión todavía", False) for n in opcionales}

    def anotar(self, nombre: str, ok: bool, detalle: str) -> None:
        with self._cerrojo:
            self._informe[nombre] = Dependencia(ok, detalle, self._informe[nombre].necesaria)

    def informe(self) -> Informe:
        with self._cerrojo:
            return dict(self._informe)


def paginas_de_salud(informe: Callable[[], Informe]) -> Blueprint:
    """Routes `/salud/viva`, `/salud/lista` and `/metrics`."""
    paginas = Blueprint("salud", __name__)

    @paginas.get("/salud/viva")
    def viva() -> Response:
        return jsonify(viva=True)

    @paginas.get("/salud/lista")
    def lista() -> tuple[Response, int]:
        actual = informe()
        esta_lista = all(dependencia.ok for dependencia in actual.values() if dependencia.necesaria)
        dependencias = {n: {"ok": d.ok, "detalle": d.detalle} for n, d in actual.items()}
        return jsonify(lista=esta_lista, dependencias=dependencias), 200 if esta_lista else 503

    @paginas.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return paginas
