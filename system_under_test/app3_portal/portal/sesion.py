"""What the buyer's signed cookie holds: an identity for holds, and the newest orders in short form.

    session["s"]  identity sent with holds
    session["e"]  {event code: [name, place, start (epoch s)]}
    session["o"]  [[order id (base64), made (epoch ms), event code, total, [[sector, row, seat...]]]]
                  newest first

A browser drops a cookie of 4,096 bytes or more without a word, so `recordar` measures what it would send
and gives up details, then the oldest orders, until it fits.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

from .modelo import Butaca, Evento, Orden

MAX_ORDENES = 20
# Under 4,096 with the cookie's name and attributes.
MAX_COOKIE_BYTES = 3_800

Sesion = MutableMapping[str, Any]


class InterfazSesion(SecureCookieSessionInterface):
    """Flask's signed cookie; Secure whenever the buyer came over HTTPS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def identidad(sesion: Sesion) -> str:
    """Return the session's identity for holds, made at its first need."""
    if not isinstance(sesion.get("s"), str):
        sesion["s"] = secrets.token_urlsafe(12)
    return str(sesion["s"])


def ordenes(sesion: Sesion) -> list[Orden]:
    """Return the remembered orders, newest first; an entry that can't be read is passed over."""
    eventos, entradas = sesion.get("e"), sesion.get("o")
    if not isinstance(eventos, dict) or not isinstance(entradas, list):
        return []
    return [orden for entrada in entradas if (orden := _descifrar(entrada, eventos)) is not None]


def orden(sesion: Sesion, orden_id: str) -> Orden | None:
    """Return one remembered order."""
    return next((o for o in ordenes(sesion) if o.orden_id == orden_id), None)


def recordar(sesion: Sesion, nueva: Orden, medir: Callable[[dict[str, Any]], int]) -> None:
    """Put an order first in the session; `medir` tells the cookie's bytes for a session's content."""
    lista = [nueva, *(o for o in ordenes(sesion) if o.orden_id != nueva.orden_id)][:MAX_ORDENES]
    for recorte in _recortes(lista):
        propuesta = dict(sesion) | _cifrar(recorte)
        if medir(propuesta) <= MAX_COOKIE_BYTES:
            break
    sesion.update(_cifrar(recorte))
    # Flask's mark for a cookie that outlives the browser window, as bought tickets must.
    sesion["_permanent"] = True


def medidor(app: Flask) -> Callable[[dict[str, Any]], int]:
    """Return the function that tells how many bytes Flask's cookie takes for a session's content."""
    firmante = InterfazSesion().get_signing_serializer(app)
    assert firmante is not None, "the application has no secret key"
    return lambda contenido: len(firmante.dumps(contenido))


def _recortes(lista: Sequence[Orden]) -> Iterator[list[Orden]]:
    """Yield ever lighter versions of the list: without places, without old seats, without old orders."""
    yield list(lista)
    sin_lugar = [replace(o, evento=replace(o.evento, lugar="")) for o in lista]
    yield sin_lugar
    sin_asientos = [o if i < 5 else replace(o, butacas=()) for i, o in enumerate(sin_lugar)]
    for cuantas in range(len(lista), 0, -1):
        yield sin_asientos[:cuantas]


def _cifrar(lista: Sequence[Orden]) -> dict[str, Any]:
    eventos = {o.evento.codigo: [o.evento.nombre, o.evento.lugar, int(o.evento.inicia_en.timestamp())] for o in lista}
    return {"e": eventos, "o": [_cifrar_orden(o) for o in lista]}


def _cifrar_orden(o: Orden) -> list[Any]:
    filas: dict[tuple[str, str], list[Any]] = {}
    for b in o.butacas:
        filas.setdefault((b.sector, b.fila), [b.sector, b.fila]).append(b.numero)
    corto = base64.urlsafe_b64encode(uuid.UUID(o.orden_id).bytes).rstrip(b"=").decode()
    return [corto, round(o.creada_en.timestamp() * 1000), o.evento.codigo, o.total, list(filas.values())]


def _descifrar(entrada: Any, eventos: dict[str, Any]) -> Orden | None:
    try:
        corto, creada_ms, codigo, total, filas = entrada
        nombre, lugar, inicia_s = eventos[codigo]
        return Orden(
            str(uuid.UUID(bytes=base64.urlsafe_b64decode(corto + "=="))),
            datetime.fromtimestamp(creada_ms / 1000, UTC),
            Evento(codigo, nombre, lugar, datetime.fromtimestamp(inicia_s, UTC)),
            tuple(Butaca(sector, fila, n) for sector, fila, *numeros in filas for n in numeros),
            int(total),
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None  # a cookie of another version: signed, so no attack, but no use either
