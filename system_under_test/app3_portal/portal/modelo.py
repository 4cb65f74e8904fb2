"""What the portal knows of events, seats, holds and orders, read from the middleware's JSON.

Each `leer_*` takes parsed JSON and returns data, or raises RespuestaInvalida: past this module nothing
needs to ask whether a field is there.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, ParamSpec, TypeVar

from .errores import RespuestaInvalida

ESTADOS_ENTRADA = ("EN_PROCESO", "EMITIDO", "ENVIADO", "ERROR")
# Which MariaDB server a ticket was read from; "ninguna" when none answered.
SIN_FUENTE = "ninguna"
FUENTES = ("primario", "replica", SIN_FUENTE)
# A time outside of these could not be shown in Chile's zone.
_ANIOS = range(1970, 9000)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector; `disponibles` is None when it is not known."""

    nombre: str
    precio: int
    capacidad: int
    disponibles: int | None = None


@dataclass(frozen=True, slots=True)
class Evento:
    codigo: str
    nombre: str
    lugar: str
    inicia_en: datetime
    sectores: tuple[Sector, ...] = ()

    @property
    def desde(self) -> int:
        """The lowest price."""
        return min((s.precio for s in self.sectores), default=0)


class Asiento(NamedTuple):
    """A seat of the map; `estado` is DISPONIBLE, RETENIDO or VENDIDO.

    A tuple, because a page has 250 of them and each is looked up in a cache of ready markup.
    """

    id: int
    fila: str
    numero: int
    estado: str


@dataclass(frozen=True, slots=True)
class Mapa:
    """A sector's seats as they were a moment ago, in rows."""

    sector: str
    precio: int
    filas: tuple[tuple[str, tuple[Asiento, ...]], ...]

    def asientos(self) -> Iterable[Asiento]:
        """All seats, row by row."""
        return (asiento for _, fila in self.filas for asiento in fila)


@dataclass(frozen=True, slots=True)
class Butaca:
    """A seat that was held or bought; `precio` is None where only the order's total is remembered."""

    sector: str
    fila: str
    numero: int
    precio: int | None = None


@dataclass(frozen=True, slots=True)
class Retencion:
    id: str
    evento: str
    butacas: tuple[Butaca, ...]
    total: int
    expira_en: datetime
    estado: str = "ACTIVA"
    cargo_servicio: int = 0


@dataclass(frozen=True, slots=True)
class Orden:
    """A confirmed purchase."""

    orden_id: str
    creada_en: datetime
    evento: Evento
    butacas: tuple[Butaca, ...]
    total: int
    correo: str = ""


@dataclass(frozen=True, slots=True)
class EstadoEntrada:
    """What emisión says of an order's ticket; `estado` is one of ESTADOS_ENTRADA, None when nobody says."""

    estado: str | None = None
    folio: int | None = None
    pdf: bool = False


@dataclass(frozen=True, slots=True)
class ConsultaOrdenes:
    """Ticket states by order, the orders whose details came too, and which store told (one of FUENTES)."""

    estados: dict[str, EstadoEntrada] = field(default_factory=dict)
    ordenes: dict[str, Orden] = field(default_factory=dict)
    fuente: str = SIN_FUENTE


@dataclass(frozen=True, slots=True)
class EntradaPDF:
    """A ticket's file, and which store it was read from (one of FUENTES, None when nobody says)."""

    contenido: bytes
    fuente: str | None


def _segun_contrato(leer: Callable[P, T]) -> Callable[P, T]:
    """Turn the many ways in which JSON can be wrong into one error."""

    @functools.wraps(leer)
    def lector(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return leer(*args, **kwargs)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RespuestaInvalida(f"{leer.__name__}: {error!r}") from error

    return lector


def momento(texto: str) -> datetime:
    """Read an RFC 3339 time; one without a zone is refused."""
    leido = datetime.fromisoformat(texto)
    if leido.tzinfo is None:
        raise ValueError(f"time without zone: {texto!r}")
    if leido.year not in _ANIOS:
        raise ValueError(f"time out of range: {texto!r}")
    return leido


def _entero(objeto: dict[str, Any], nombre: str) -> int | None:
    """Read a number that may be missing."""
    valor = objeto.get(nombre)
    return None if valor is None else int(valor)


def _sector(s: dict[str, Any]) -> Sector:
    return Sector(str(s["nombre"]), int(s["precio"]), int(s["capacidad"]), _entero(s, "disponibles"))


def _evento(e: dict[str, Any]) -> Evento:
    sectores = tuple(_sector(s) for s in e.get("sectores") or ())
    return Evento(str(e["codigo"]), str(e["nombre"]), str(e["lugar"]), momento(e["inicia_en"]), sectores)


def _butacas(asientos: list[dict[str, Any]]) -> tuple[Butaca, ...]:
    return tuple(Butaca(str(a["sector"]), str(a["fila"]), int(a["numero"]), _entero(a, "precio")) for a in asientos)


@_segun_contrato
def leer_eventos(cuerpo: Any) -> tuple[Evento, ...]:
    """Read `GET /v1/eventos`, soonest event first."""
    return tuple(sorted((_evento(e) for e in cuerpo["eventos"]), key=lambda e: (e.inicia_en, e.codigo)))


@_segun_contrato
def leer_disponibilidad(cuerpo: Any) -> tuple[Sector, ...]:
    """Read `GET /v1/eventos/{codigo}/disponibilidad`."""
    return tuple(_sector(s) for s in cuerpo["sectores"])


@functools.lru_cache(maxsize=1024)
def orden_natural(fila: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts row 9 before row 10, and B before AA."""
    partes = re.findall(r"\d+|\D+", fila, re.ASCII)
    return tuple((0, int(p), "") if p[0] in "0123456789" else (1, len(p), p) for p in partes)


@_segun_contrato
def leer_mapa(cuerpo: Any) -> Mapa:
    """Read `GET /v1/eventos/{codigo}/asientos`."""
    asientos = [Asiento(int(a["id"]), str(a["fila"]), int(a["numero"]), str(a["estado"])) for a in cuerpo["asientos"]]
    asientos.sort(key=lambda a: (orden_natural(a.fila), a.numero))
    filas = tuple((fila, tuple(grupo)) for fila, grupo in groupby(asientos, key=lambda a: a.fila))
    return Mapa(str(cuerpo["sector"]), int(cuerpo["precio"]), filas)


@_segun_contrato
def leer_retencion(cuerpo: Any) -> Retencion:
    """Read a hold, as made or as looked up."""
    return Retencion(
        str(cuerpo["retencion_id"]),
        str(cuerpo["evento"]),
        _butacas(cuerpo["asientos"]),
        int(cuerpo["total"]),
        momento(cuerpo["expira_en"]),
        str(cuerpo.get("estado") or "ACTIVA"),
        int(cuerpo.get("cargo_servicio") or 0),
    )


@_segun_contrato
def leer_orden(cuerpo: Any) -> Orden:
    """Read a confirmed order."""
    return Orden(
        str(uuid.UUID(cuerpo["orden_id"])),
        momento(cuerpo["creada_en"]),
        _evento(cuerpo["evento"]),
        _butacas(cuerpo["asientos"]),
        int(cuerpo["total"]),
        str((cuerpo.get("comprador") or {}).get("correo", "")),
    )


@_segun_contrato
def leer_ordenes(cuerpo: Any, fuente: str = SIN_FUENTE) -> ConsultaOrdenes:
    """Read `GET /v1/ordenes`. An order whose details are missing still tells its ticket's state."""
    consulta = ConsultaOrdenes(fuente=fuente)
    for o in cuerpo["ordenes"]:
        orden_id, estado = str(o["orden_id"]), o.get("ticket_estado")
        consulta.estados[orden_id] = EstadoEntrada(
            estado if estado in ESTADOS_ENTRADA else None, _entero(o, "folio"), bool(o.get("pdf"))
        )
        try:
            consulta.ordenes[orden_id] = leer_orden(o)
        except RespuestaInvalida:
            continue  # with app1 down only part of an order may be known: its state is still worth showing
    return consulta


@_segun_contrato
def leer_boleta(cuerpo: Any) -> dict[str, Any]:
    """Read `GET /v1/ordenes/{id}/boleta`: `orden_id`, `folio`, `documento` and `emitida_en`."""
    documento = cuerpo["documento"]
    if not isinstance(documento["Encabezado"], dict) or not isinstance(documento["Detalle"], list):
        raise TypeError(f"not a boleta's document: {str(documento)[:80]}")
    return dict(cuerpo)
