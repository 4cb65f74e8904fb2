"""HTTP to the middleware: pools, timeouts, failover between its addresses.

    pedir() -> bulkhead -> Cortacircuito.ordenar() -> address 1 -> (no answer, 502..504) -> address 2 -> ...

Every request is one that may be repeated: a GET, a DELETE, or a POST with an Idempotency-Key. It promises
no total deadline: with N addresses a call may take N times its read timeout.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from .configuracion import Configuracion
from .cortacircuito import Cortacircuito
from .errores import NoResponde, Problema, RespuestaInvalida
from .metricas import Metricas

_ESPERA_CUPO_S = 0.1
# The address answered, but something behind it didn't: the other address may have a better way.
_PROBAR_OTRA = frozenset({502, 503, 504})


class Conexion:
    """Requests to the middleware, over its list of addresses; safe between threads."""

    def __init__(self, config: Configuracion, metricas: Metricas) -> None:
        self._config = config
        self._metricas = metricas
        self._circuito = Cortacircuito(config.middleware_urls)
        self._cupos = threading.BoundedSemaphore(config.llamadas_simultaneas)
        self._pozos = {
            url: urllib3.connection_from_url(url, maxsize=config.llamadas_simultaneas + 1, retries=False)
            for url in config.middleware_urls
        }

    def pedir(
        self,
        metodo: str,
        ruta: str,
        familia: str,
        *,
        cuerpo: Mapping[str, Any] | None = None,
        clave: str | None = None,
        lectura_s: float | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and return its good answer (2xx).

        `familia` names the kind of request whose failures are remembered together; a request with an
        idempotency key insists on every address. Raises NoResponde or Problema.
        """
        cabeceras = {"Accept": "application/json"}
        datos = None
        if cuerpo is not None:
            cabeceras["Content-Type"] = "application/json"
            datos = json.dumps(cuerpo).encode()
        if clave is not None:
            cabeceras["Idempotency-Key"] = clave
        if not self._cupos.acquire(timeout=_ESPERA_CUPO_S):
            raise NoResponde("too many calls waiting", enviada=False)
        try:
            plazo = urllib3.Timeout(connect=self._config.conexion_s, read=lectura_s or self._config.lectura_s)
            return self._recorrer(metodo, ruta, familia, datos, cabeceras, plazo)
        finally:
            self._cupos.release()

    def _recorrer(
        self,
        metodo: str,
        ruta: str,
        familia: str,
        datos: bytes | None,
        cabeceras: dict[str, str],
        plazo: urllib3.Timeout,
    ) -> urllib3.BaseHTTPResponse:
        """Try the addresses in turn until one answers for good."""
        ultimo: NoResponde | Problema = NoResponde("all addresses set aside", enviada=False)
        enviada = False
        for url in self._circuito.ordenar(familia, insistir="Idempotency-Key" in cabeceras):
            try:
                respuesta = self._pozos[url].urlopen(
                    metodo, ruta, body=datos, headers=cabeceras, timeout=plazo, redirect=False
                )
            except HTTPError as error:
                self._circuito.anotar_falla(familia, url)
                self._contar(familia, url, type(error).__name__)
                enviada = enviada or not isinstance(error, (NewConnectionError, ConnectTimeoutError))
                # A Problem of an earlier address says more to the buyer than this silence.
                if not isinstance(ultimo, Problema):
                    ultimo = NoResponde(f"{url}: {error}", enviada=enviada)
                continue
            self._circuito.anotar_exito(familia, url)
            self._contar(familia, url, str(respuesta.status))
            if 200 <= respuesta.status < 300:
                return respuesta
            ultimo = leer_problema(respuesta)
            if respuesta.status not in _PROBAR_OTRA:
                break
        raise ultimo

    def _contar(self, familia: str, url: str, resultado: str) -> None:
        self._metricas.llamadas.labels(familia, url, resultado).inc()


def leer_json(respuesta: urllib3.BaseHTTPResponse) -> Any:
    """Parse a JSON body."""
    try:
        return json.loads(respuesta.data)
    except ValueError as error:
        raise RespuestaInvalida(f"not JSON: {respuesta.data[:80]!r}") from error


def leer_problema(respuesta: urllib3.BaseHTTPResponse) -> Problema:
    """Read an error answer; one that is no problem document still has its status."""
    try:
        datos = json.loads(respuesta.data)
    except ValueError:
        datos = None
    if not isinstance(datos, dict):
        datos = {}
    return Problema(respuesta.status, str(datos.get("codigo") or "sin_codigo"), datos)
