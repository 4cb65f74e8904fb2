"""The portal's markers, as its templates write them."""

import pytest
from tfbench.load import pages
from tfbench.load.people import person, rut

MAP = b"""
<form class="mapa" method="post" action="/retenciones">
<input type="hidden" name="csrf_token" value="IjQ.a-b_c">
<input type="hidden" name="evento" value="EV001">
<input type="hidden" name="sector" value="Cancha &amp; Galer&#237;a">
<input type="hidden" name="clave" value="6f2a">
<label><input type="checkbox" name="asiento" value="11" data-estado="DISPONIBLE"><span>1</span></label>
<label><input type="checkbox" name="asiento" value="12" data-estado="VENDIDO" disabled><span>2</span></label>
<label><input type="checkbox" name="asiento" value="13" data-estado="RETENIDO" disabled><span>3</span></label>
<label><input type="checkbox" name="asiento" value="14" data-estado="DISPONIBLE" checked><span>4</span></label>
"""

CHECKOUT = b"""
<form method="post" action="/retenciones/r1/liberar"><input type="hidden" name="csrf_token" value="t1"></form>
<form method="post" action="/compras"><input value="t1" type="hidden" name="csrf_token">
<input type="hidden" name="retencion_id" value="r1"><input type="hidden" name="clave" value="c1">
<input id="rut" name="rut" type="text" value=""></form>
"""


def test_map_gives_free_seats_and_the_forms_hidden_fields() -> None:
    seats = pages.seat_map(MAP)
    assert seats is not None
    assert seats.available == (11, 14)
    assert seats.seats == (11, 12, 13, 14)
    assert seats.hidden["sector"] == "Cancha & Galería"
    assert seats.hidden["csrf_token"] == "IjQ.a-b_c"


def test_page_without_seats_is_no_map() -> None:
    assert pages.seat_map(CHECKOUT) is None
    assert pages.seat_map(b"") is None


def test_checkout_form_needs_token_and_key() -> None:
    assert pages.checkout(CHECKOUT) == pages.Checkout("t1", "c1")
    assert pages.checkout(b'<input type="hidden" name="csrf_token" value="t">') is None


def test_events_and_sectors_come_from_links_once_each() -> None:
    page = b'<a href="/eventos/EV001">a</a> <a href="/eventos/EV002">b</a> <a href="/eventos/EV001">a</a>'
    assert pages.events(page) == ["EV001", "EV002"]
    links = (
        b'<a href="/eventos/EV001/mapa?sector=Platea+Alta">x</a>'
        b'<a href="/eventos/EV001/mapa?sector=%C3%9Anico&amp;v=1">'
    )
    assert pages.sectors(links) == ["Platea Alta", "Único"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("EN_PROCESO", "EN_PROCESO"), ("ENVIADO", "ENVIADO"), ("SIN_INFORMACION", "DESCONOCIDO")],
)
def test_ticket_state_is_the_orders_own(written: str, meant: str) -> None:
    page = (
        '<article class="orden" data-orden-id="o1" data-ticket-estado="ERROR"></article>'
        f'<article class="orden" data-orden-id="o2" data-ticket-estado="{written}">'
    ).encode()
    assert pages.ticket_state(page, "o2") == meant
    assert pages.ticket_state(page, "o3") is None


def test_error_code_folio_and_redirects() -> None:
    assert pages.error_code(b'<main id="c" class="ancho" data-codigo="retencion_expirada">') == "retencion_expirada"
    assert pages.error_code(b"<main>") is None
    assert pages.folio('<p class="folio">N.º <b>1043</b></p>'.encode()) == 1043
    assert pages.folio(b'<p class="folio"></p>') is None
    assert pages.order_in("/mis-entradas/0192-ab?nueva=1") == "0192-ab"
    assert pages.hold_in("/retenciones/77aa") == "77aa"
    assert pages.order_in("/eventos/EV001") is None
    assert pages.order_in(None) is None


@pytest.mark.parametrize("known", ["97975000-5", "12345678-5", "11111111-1", "10000013-K", "10000004-0"])
def test_rut_has_the_right_check_digit(known: str) -> None:
    assert rut(int(known[:-2])) == known


def test_each_flow_is_another_person() -> None:
    people = [person(flow) for flow in range(500)]
    assert len({p.correo for p in people}) == len({p.rut for p in people}) == 500
