"""HTTP to the middleware: pools, timeouts, failover between its addresses.

    pedir() -> bulkhead -> Cortacircuito.ordenar() -> address 1 -> (no answer, garbage, 5xx) -> address 2 -> ...
    insistir() -> the same, round after round with pauses, until its deadline

Every request is one that may be repeated: a GET, a DELETE, or a POST with an Idempotency-Key. `pedir` promises
no total deadline: with N addresses a call may take N times its read timeout. `insistir` does.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from .configuracion import Configuracion
from .cortacircuito import Cortacircuito
from .curso import Curso, Peticion
from .errores import ErrorMiddleware, NoResponde, Problema, RespuestaInvalida
from .metricas import Metricas
from .modelo import FUENTES

T = TypeVar("T")
# A burst queues here for a moment; behind a middleware that hangs, a longer queue would take every thread.
_ESPERA_CUPO_S = 0.5
# The bulkheads, by what stands behind: reservations, issuing's database, issuing itself.
_VENTA, _ENTRADAS, _BOLETAS = _MAMPAROS = ("venta", "entradas", "boletas")
_MAMPARO_DE = {"ordenes": _ENTRADAS, "pdf": _ENTRADAS, "boleta": _BOLETAS}
# Between rounds; the last one stays. Each is stretched unevenly, so that those who wait don't come back at once.
_PAUSAS_S = (0.2, 0.4, 0.8)
_DESPAREJO = 1.25


class Conexion:
    """Requests to the middleware, over its list of addresses; safe between threads."""

    def __init__(
        self,
        config: Configuracion,
        metricas: Metricas,
        reloj: Callable[[], float] = time.monotonic,
        dormir: Callable[[float], object] = time.sleep,
    ) -> None:
        self._config = config
        self._metricas = metricas
        self._reloj = reloj
        self._dormir = dormir
        self._circuito = Cortacircuito(config.middleware_urls, reloj)
        # Each kind of page waits in places of its own, and so do purchases: seat maps that hang with their database
        # must not take the places of tickets that another database answers at once.
        cupos = max(1, config.llamadas_simultaneas // len(_MAMPAROS))
        self._cupos = {mamparo: threading.BoundedSemaphore(cupos) for mamparo in _MAMPAROS}
        self._cupos_compra = threading.BoundedSemaphore(config.compras_simultaneas)
        conexiones = config.llamadas_simultaneas + config.compras_simultaneas + 1
        self._pozos = {
            url: urllib3.connection_from_url(url, maxsize=conexiones, retries=False) for url in config.middleware_urls
        }

    def pedir(self, peticion: Peticion, leer: Callable[[urllib3.BaseHTTPResponse], T]) -> T:
        """Send a request, each address once; return what `leer` makes of the first good answer (2xx).

        Raises NoResponde, Problema or RespuestaInvalida.
        """
        with _cupo(self._cupos[_MAMPARO_DE.get(peticion.familia, _VENTA)]):
            return self._ronda(peticion, leer, Curso())

    def insistir(self, peticion: Peticion, leer: Callable[[urllib3.BaseHTTPResponse], T], plazo_s: float) -> T:
        """As `pedir`, but go round again while waiting may help; give up after `plazo_s` seconds.

        A database's failover behind takes a few seconds of 503: a buyer had better wait than see them.
        """
        fin = self._reloj() + plazo_s
        pausas_s = itertools.chain(_PAUSAS_S, itertools.repeat(_PAUSAS_S[-1]))
        curso = Curso()
        with _cupo(self._cupos_compra):
            while True:
                try:
                    return self._ronda(peticion, leer, curso, fin)
                except ErrorMiddleware:
                    espera_s = max(next(pausas_s), curso.reintento_en_s) * random.uniform(1.0, _DESPAREJO)
                    if not curso.puede_mejorar or self._reloj() + espera_s >= fin:
                        raise
                self._dormir(espera_s)

    def _ronda(
        self,
        peticion: Peticion,
        leer: Callable[[urllib3.BaseHTTPResponse], T],
        curso: Curso,
        fin: float | None = None,
    ) -> T:
        """Try the addresses in turn until one answers for good, or until `fin` by the clock."""
        for url in self._circuito.ordenar(peticion.familia, insistir=peticion.clave is not None):
            inicio = self._reloj()
            queda_s = None if fin is None else fin - inicio
            if queda_s is not None and queda_s <= 0:
                break
            try:
                respuesta = self._enviar(url, peticion, queda_s)
                return self._leer(url, peticion, respuesta, leer)
            except HTTPError as error:
                self._fallo(url, peticion, inicio, error)
                sin_enviar = isinstance(error, (NewConnectionError, ConnectTimeoutError))
                curso.anotar(NoResponde(f"{url}: {error}", enviada=not sin_enviar))
            except RespuestaInvalida as error:
                self._fallo(url, peticion, inicio, error)
                curso.anotar(error)
            except Problema as error:
                # It answered: what fails is behind it, and no reason to go round this address.
                self._circuito.anotar_exito(peticion.familia, url)
                curso.anotar(error)
                if error.estado < 500:
                    break
        raise curso.error

    def _enviar(self, url: str, peticion: Peticion, queda_s: float | None) -> urllib3.BaseHTTPResponse:
        lectura_s = peticion.lectura_s or self._config.lectura_s
        # No socket takes a timeout of 0; what is left of a deadline can come near it.
        total_s = None if queda_s is None else max(queda_s, 0.001)
        plazo = urllib3.Timeout(total=total_s, connect=self._config.conexion_s, read=lectura_s)
        return self._pozos[url].urlopen(
            peticion.metodo,
            peticion.ruta,
            body=peticion.datos(),
            headers=peticion.cabeceras(),
            timeout=plazo,
            redirect=False,
        )

    def _leer(
        self,
        url: str,
        peticion: Peticion,
        respuesta: urllib3.BaseHTTPResponse,
        leer: Callable[[urllib3.BaseHTTPResponse], T],
    ) -> T:
        """Return a good answer's content; raises Problema or RespuestaInvalida for any other."""
        self._metricas.llamadas.labels(peticion.familia, url, str(respuesta.status)).inc()
        if respuesta.status >= 400:
            raise leer_problema(respuesta)
        if not 200 <= respuesta.status < 300:
            raise RespuestaInvalida(f"{url}: status {respuesta.status}")
        leida = leer(respuesta)
        self._circuito.anotar_exito(peticion.familia, url)
        return leida

    def _fallo(self, url: str, peticion: Peticion, inicio: float, error: Exception) -> None:
        self._circuito.anotar_falla(peticion.familia, url, inicio)
        self._metricas.llamadas.labels(peticion.familia, url, type(error).__name__).inc()


@contextmanager
def _cupo(cupos: threading.BoundedSemaphore) -> Iterator[None]:
    if not cupos.acquire(timeout=_ESPERA_CUPO_S):
        raise NoResponde("too many calls waiting", enviada=False)
    try:
        yield
    finally:
        cupos.release()


def leer_json(respuesta: urllib3.BaseHTTPResponse) -> Any:
    """Parse a JSON body."""
    try:
        return json.loads(respuesta.data)
    except (ValueError, RecursionError) as error:
        raise RespuestaInvalida(f"not JSON: {respuesta.data[:80]!r}") from error


def leer_problema(respuesta: urllib3.BaseHTTPResponse) -> Problema:
    """Read an error answer; one that is no problem document still has its status."""
    try:
        datos = leer_json(respuesta)
    except RespuestaInvalida:
        datos = None
    if not isinstance(datos, Mapping):
        datos = {}
    return Problema(
        respuesta.status,
        str(datos.get("codigo") or "sin_codigo"),
        datos,
        fuente=leer_fuente(respuesta),
        reintento_en_s=_segundos(respuesta.headers.get("Retry-After")),
    )


def leer_fuente(respuesta: urllib3.BaseHTTPResponse) -> str | None:
    """Return which store the answer was read from: one of FUENTES, None when it does not say."""
    fuente = respuesta.headers.get("X-Fuente")
    return fuente if fuente in FUENTES else None


def _segundos(texto: str | None) -> float:
    return float(texto) if texto is not None and texto.isascii() and texto.isdecimal() else 0.0
