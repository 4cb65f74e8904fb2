"""Reading the portal's pages: the markers of docs/ticketflow.md, found with compiled expressions.

A map has 250 seats and is read many times a second: an HTML parser would cost more than the request. The
portal writes its attributes in one order; these expressions take them in any order within a tag where that is
cheap.
"""

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

PURCHASED = b"Compra Exitosa"
ISSUED_STATES = frozenset({"EMITIDO", "ENVIADO"})
_KNOWN_STATES = ISSUED_STATES | {"EN_PROCESO", "ERROR"}

_SEAT = re.compile(rb'<input\b[^>]*?\bname="asiento"[^>]*?\bvalue="(\d+)"[^>]*?\bdata-estado="(\w+)"')
_INPUT = re.compile(rb"<input\b[^>]*>")
_ATTRIBUTE = re.compile(rb'\b([\w-]+)="([^"]*)"')
_EVENT_LINK = re.compile(rb'href="/eventos/([\w-]+)"')
_SECTOR_LINK = re.compile(rb'href="(/eventos/[\w-]+/mapa\?[^"]*)"')
_ARTICLE = re.compile(rb"<article\b[^>]*\bdata-orden-id=[^>]*>")
_CODE = re.compile(rb'\bdata-codigo="([^"]+)"')
_FOLIO = re.compile(rb'\bclass="folio"[^>]*>[^<]*<b>(\d+)</b>')
_ORDER_PATH = re.compile(r"/mis-entradas/([0-9A-Za-z-]+)")
_HOLD_PATH = re.compile(r"/retenciones/([0-9A-Za-z-]+)")


@dataclass(frozen=True, slots=True)
class SeatMap:
    """A sector's map as a buyer sees it: the seats, and the form's hidden fields (token, the hold's key)."""

    hidden: dict[str, str]
    available: tuple[int, ...]
    seats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checkout:
    """The checkout form of a hold."""

    csrf_token: str
    clave: str


def events(page: bytes) -> list[str]:
    """Event codes linked from the catalogue, each once, in page order."""
    return list(dict.fromkeys(code.decode() for code in _EVENT_LINK.findall(page)))


def sectors(page: bytes) -> list[str]:
    """Names of the sectors whose maps an event's page links to."""
    names: dict[str, None] = {}
    for link in _SECTOR_LINK.findall(page):
        query = parse_qs(urlsplit(html.unescape(link.decode())).query)
        names.update(dict.fromkeys(query.get("sector", [])))
    return list(names)


def seat_map(page: bytes) -> SeatMap | None:
    """The map on a page, or None when there is none."""
    seats = _SEAT.findall(page)
    hidden = _hidden(page)
    if not seats or "csrf_token" not in hidden:
        return None
    return SeatMap(
        hidden=hidden,
        available=tuple(int(seat) for seat, state in seats if state == b"DISPONIBLE"),
        seats=tuple(int(seat) for seat, _ in seats),
    )


def checkout(page: bytes) -> Checkout | None:
    """The checkout form on a page, or None when it is not one."""
    fields = _hidden(page)
    if "csrf_token" not in fields or "clave" not in fields:
        return None
    return Checkout(fields["csrf_token"], fields["clave"])


def ticket_state(page: bytes, orden_id: str) -> str | None:
    """The state that the page's article for this order gives; None when the order isn't on the page."""
    for tag in _ARTICLE.findall(page):
        attributes = _attributes(tag)
        if attributes["data-orden-id"] == orden_id:
            state = attributes.get("data-ticket-estado")
            return state if state in _KNOWN_STATES else "DESCONOCIDO"
    return None


def error_code(page: bytes) -> str | None:
    """The `codigo` an error page carries."""
    found = _CODE.search(page)
    return found[1].decode() if found else None


def folio(page: bytes) -> int | None:
    """The folio a boleta shows."""
    found = _FOLIO.search(page)
    return int(found[1]) if found else None


def order_in(location: str | None) -> str | None:
    """The order a redirect after a purchase points to."""
    found = _ORDER_PATH.match(location or "")
    return found[1] if found else None


def hold_in(location: str | None) -> str | None:
    """The hold a redirect after choosing seats points to."""
    found = _HOLD_PATH.match(location or "")
    return found[1] if found else None


def _hidden(page: bytes) -> dict[str, str]:
    """The first value of each hidden field."""
    fields: dict[str, str] = {}
    for tag in _INPUT.findall(page):
        if b'"hidden"' in tag:
            attributes = _attributes(tag)
            fields.setdefault(attributes.get("name", ""), attributes.get("value", ""))
    return fields


def _attributes(tag: bytes) -> dict[str, str]:
    return {name.decode(): html.unescape(value.decode()) for name, value in _ATTRIBUTE.findall(tag)}
