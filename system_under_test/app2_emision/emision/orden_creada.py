"""`OrdenCreada`, the message app2 lives on, with the limits that a boleta for a show sets on its fields.

The lengths are those of SII's `InfoTicket` (boleta for a show on account of a third party, IndServicio 4). A
message past them could never become a boleta, so it is refused here, once, with the field named.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from emision.tiempo import rfc3339

Momento = Annotated[datetime, Meta(tz=True)]
Monto = Annotated[int, Meta(ge=0, le=2_000_000_000)]


class MensajeInvalido(Exception):
    """The message can't become a boleta, now or later; its text is the reason, `codigo: texto`."""

    def __init__(self, codigo: str, texto: str) -> None:
        super().__init__(f"{codigo}: {texto}")
        self.codigo = codigo


class Estructura(msgspec.Struct, frozen=True):
    """Unknown fields are ignored: a newer sender may add some within version 1."""


class Evento(Estructura, frozen=True):
    codigo: Annotated[str, Meta(min_length=1, max_length=5)]
    nombre: Annotated[str, Meta(min_length=1, max_length=80)]
    lugar: Annotated[str, Meta(min_length=1, max_length=80)]
    inicia_en: Momento
    afecto_iva: bool
    rut_mandante: Annotated[str, Meta(pattern=r"^[0-9]{1,8}-[0-9Kk]$")]


class Comprador(Estructura, frozen=True):
    rut: Annotated[str, Meta(max_length=20)]
    nombre: Annotated[str, Meta(min_length=1, max_length=200)]
    # No blank and no control character: the address becomes a mail header.
    correo: Annotated[str, Meta(pattern=r"^[^@\s\x00-\x1f<>,]+@[^@\s\x00-\x1f<>,]+$", max_length=254)]


class Item(Estructura, frozen=True):
    asiento_id: int
    sector: Annotated[str, Meta(min_length=1, max_length=20)]
    fila: Annotated[str, Meta(min_length=1, max_length=3)]
    numero: Annotated[int, Meta(ge=1, le=999)]
    tipo_ticket: Annotated[str, Meta(min_length=1, max_length=10)]
    folio_ticket: Annotated[int, Meta(ge=1, le=999_999)]
    precio: Monto


class OrdenCreada(Estructura, frozen=True):
    version: Literal[1]
    orden_id: UUID
    creada_en: Momento
    evento: Evento
    comprador: Comprador
    items: Annotated[list[Item], Meta(min_length=1, max_length=999)]  # a boleta holds 1,000 lines, the fee is one
    cargo_servicio: Monto
    total: Monto
    moneda: Literal["CLP"]
    medio_pago: Annotated[int, Meta(ge=1, le=5)]

    def datos(self) -> dict[str, Any]:
        """What `entrada.datos` keeps: the confirmation's fields, in the form app1 gave them to the buyer."""
        evento, comprador = self.evento, self.comprador
        return {
            "orden_id": str(self.orden_id),
            "creada_en": rfc3339(self.creada_en),
            "evento": {
                "codigo": evento.codigo,
                "nombre": evento.nombre,
                "lugar": evento.lugar,
                "inicia_en": rfc3339(evento.inicia_en),
            },
            "comprador": {"rut": comprador.rut, "nombre": comprador.nombre, "correo": comprador.correo},
            "asientos": [
                {
                    "id": item.asiento_id,
                    "sector": item.sector,
                    "fila": item.fila,
                    "numero": item.numero,
                    "precio": item.precio,
                    "folio_ticket": item.folio_ticket,
                }
                for item in self.items
            ],
            "cargo_servicio": self.cargo_servicio,
            "total": self.total,
        }


class _Version(Estructura, frozen=True):
    version: Any = 1  # one that is missing is told by the whole message's reader


_LECTOR = msgspec.json.Decoder(OrdenCreada)
_LECTOR_VERSION = msgspec.json.Decoder(_Version)
_FALTA = re.compile(r"Object missing required field `(?P<campo>[^`]+)`")


def leer_orden(cuerpo: bytes) -> OrdenCreada:
    """Read a message body, or raise MensajeInvalido with the field at fault."""
    try:
        version = _LECTOR_VERSION.decode(cuerpo).version
        if version != 1:
            raise MensajeInvalido("version_desconocida", f"la versión es {version!r} y aquí se lee la 1")
        orden = _LECTOR.decode(cuerpo)
    except msgspec.ValidationError as error:
        raise _campo_invalido(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MensajeInvalido("json_invalido", f"el cuerpo no es JSON ({error})") from error
    _comprobar_suma(orden)
    if len({item.asiento_id for item in orden.items}) != len(orden.items):
        raise MensajeInvalido("asiento_repetido", "un asiento aparece dos veces en la orden")
    return orden


def _campo_invalido(error: str) -> MensajeInvalido:
    """Tell msgspec's `what - at `$.where`` apart."""
    que, _, donde = error.partition(" - at ")
    lugar = donde.strip("`") or "$"
    if falta := _FALTA.match(que):
        return MensajeInvalido("campo_faltante", f"falta {lugar}.{falta['campo']}")
    return MensajeInvalido("campo_invalido", f"{lugar} no cumple el contrato ({que})")


def _comprobar_suma(orden: OrdenCreada) -> None:
    suma = sum(item.precio for item in orden.items) + orden.cargo_servicio
    if suma != orden.total:
        texto = f"el total es {orden.total} y los ítems con el cargo suman {suma}"
        raise MensajeInvalido("total_no_cuadra", texto)
