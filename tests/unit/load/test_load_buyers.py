"""What a buyer does with each answer, told through a scripted browser: no network, no waiting."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tfbench.clock import Clock
from tfbench.load import pages
from tfbench.load.browser import Reply
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.load.flow import Flow
from tfbench.load.orders import Order, Orders
from tfbench.load.people import person
from tfbench.load.purchase import buy
from tfbench.load.seating import Place, Seating
from tfbench.load.ticketflow import TicketFlow
from tfbench.model import Surge
from tfbench.operations import Operation

BOUGHT = Reply(303, location="/mis-entradas/o1?nueva=1")
SHOWN = Reply(200, b'<h1>Compra Exitosa</h1><article data-orden-id="o1" data-ticket-estado="EN_PROCESO">')
BUSY = Reply(503, b'<main data-codigo="resultado_desconocido">', retry_after_s=0)
TIMEOUT = Reply(0, error="Timeout", retry_after_s=0)
EXPIRED = Reply(409, b'<main data-codigo="retencion_expirada">')
TOKEN = b'<input type="hidden" name="csrf_token" value="t">'
CHECKOUT = TOKEN + b'<input type="hidden" name="clave" value="c">'
IN_PROGRESS = Reply(409, b'<main data-codigo="clave_en_curso">', retry_after_s=0)


class ScriptedBrowser:
    """Answers from a list, and remembers what was asked; an unexpected request fails the test."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def get(self, path: str, name: str) -> Reply:
        self.asked.append((path, ()))
        return self.replies.pop(0)

    def post(self, path: str, name: str, form: Sequence[tuple[str, str]]) -> Reply:
        self.asked.append((path, tuple(form)))
        return self.replies.pop(0)


def flow(browser: ScriptedBrowser, rows: list[Operation], event: str | None = None, number: int = 3) -> Flow:
    return Flow(number, "purchase", 1000.0, 7, Clock(0), browser, rows.append, event)


def config(surge: Surge | None = None) -> LoadConfig:
    """Buyers who neither think nor race for one seat."""
    return LoadConfig("http://x", 1, {"purchase": 1}, 7, 1, 0.0, Path("run"), think_s=0, hot_share=0, surge=surge)


def purchase(*replies: Reply) -> tuple[Operation, ScriptedBrowser]:
    browser, rows = ScriptedBrowser(*replies), list[Operation]()
    with flow(browser, rows).operation("purchase", evento="EV001", asientos=(7,)) as op:
        buy(browser, op, "r1", pages.Checkout("token", "key"), person(3))
    assert browser.replies == []
    return rows[0], browser


@pytest.mark.parametrize(
    ("replies", "outcome", "status", "error"),
    [
        pytest.param([BOUGHT, SHOWN], "ok", 200, None, id="bought at once"),
        pytest.param([BUSY, BOUGHT, SHOWN], "ok", 200, "resultado_desconocido", id="bought at the second press"),
        pytest.param([IN_PROGRESS, BOUGHT, SHOWN], "ok", 200, "clave_en_curso", id="the first press still ran"),
        pytest.param([BOUGHT, BUSY, SHOWN], "ok", 200, "resultado_desconocido", id="bought, page read again"),
        pytest.param([EXPIRED], "fail", 409, "retencion_expirada", id="refused"),
        pytest.param(
            [TIMEOUT, EXPIRED],
            "unknown",
            409,
            "Timeout; retencion_expirada",
            id="refused, but one press is open",
        ),
        pytest.param([BUSY] * 4, "unknown", 503, "; ".join(["resultado_desconocido"] * 4), id="given up"),
        pytest.param([BOUGHT, Reply(200, b"Hola")], "unknown", 200, "no Compra Exitosa", id="bought, page is silent"),
        pytest.param([BOUGHT, Reply(404)], "unknown", 404, "status 404", id="bought, page is gone"),
        pytest.param([Reply(303, location="/eventos/E")], "fail", 303, "no order in the redirect", id="sent elsewhere"),
    ],
)
def test_purchase_ends_as_its_answers_say(replies: list[Reply], outcome: str, status: int, error: str) -> None:
    row, _ = purchase(*replies)
    assert (row.outcome, row.status, row.error) == (outcome, status, error)
    assert row.read_success is (outcome == "ok")
    assert (row.orden_id == "o1") is (BOUGHT in replies)
    assert row.clave == "key"


def test_every_press_sends_the_same_form() -> None:
    _, browser = purchase(BUSY, TIMEOUT, BOUGHT, SHOWN)
    presses = [form for path, form in browser.asked if path == "/compras"]
    assert len(presses) == 3
    assert len(set(presses)) == 1
    assert ("clave", "key") in presses[0]


def test_refused_seat_is_followed_by_one_other_choice() -> None:
    page = (
        b'<main data-codigo="asiento_no_disponible"><input type="hidden" name="csrf_token" value="t">'
        b'<input type="checkbox" name="asiento" value="%d" data-estado="DISPONIBLE">'
    )
    checkout = b'<input type="hidden" name="csrf_token" value="t"><input type="hidden" name="clave" value="c">'
    browser = ScriptedBrowser(
        Reply(200, page % 1),
        Reply(409, page % 2),
        Reply(303, location="/retenciones/r9"),
        Reply(200, checkout),
    )
    rows = list[Operation]()
    held = Seating([Place("EV001", "Único")], hot_share=0).hold(flow(browser, rows))
    assert held is not None
    assert (held.asientos, held.retencion_id) == ((2,), "r9")
    assert [(r.op, r.outcome, r.error, r.asientos) for r in rows] == [
        ("seat_map", "ok", None, None),
        ("hold", "fail", "asiento_no_disponible", (1,)),
        ("hold", "ok", None, (2,)),
    ]
    assert [r.first for r in rows] == [True, False, False]


def test_hold_with_an_unreadable_form_is_unknown_not_failed() -> None:
    seats = TOKEN + b'<input name="asiento" value="1" data-estado="DISPONIBLE">'
    browser = ScriptedBrowser(Reply(200, seats), Reply(303, location="/retenciones/r9"), Reply(404))
    rows = list[Operation]()
    assert Seating([Place("EV001", "Único")], hot_share=0).hold(flow(browser, rows)) is None
    assert (rows[1].outcome, rows[1].status, rows[1].retencion_id) == ("unknown", 404, "r9")


@pytest.mark.parametrize("reply", [BUSY, TIMEOUT, Reply(200, b"Hola"), Reply(404)])
def test_buyer_who_is_shown_no_map_leaves_a_hold_as_old_as_the_map(reply: Reply) -> None:
    rows = list[Operation]()
    assert Seating([Place("EV001", "A")], hot_share=0).hold(flow(ScriptedBrowser(reply), rows)) is None
    seen, hold = rows
    assert (seen.op, hold.op, hold.outcome, hold.status) == ("seat_map", "hold", "unknown", 0)
    assert (hold.error, hold.first, hold.evento, hold.asientos) == ("no_seat_map", False, None, None)
    assert hold.t_intended == hold.t_start <= seen.t_start <= seen.t_end <= hold.t_end


def test_looker_who_is_shown_no_map_wanted_no_seat() -> None:
    rows = list[Operation]()
    Seating([Place("EV001", "A")], hot_share=0).see_map(flow(ScriptedBrowser(BUSY), rows))
    assert [row.op for row in rows] == ["seat_map"]


def test_sold_out_is_recorded_after_looking_elsewhere() -> None:
    sold = TOKEN + b'<input name="asiento" value="1" data-estado="VENDIDO">'
    browser, rows = ScriptedBrowser(*[Reply(200, sold)] * 3), list[Operation]()
    places = [Place("EV001", "A"), Place("EV001", "B"), Place("EV002", "C")]
    assert Seating(places, hot_share=0).hold(flow(browser, rows)) is None
    assert {(r.evento, r.sector) for r in rows if r.op == "seat_map"} == {(p.evento, p.sector) for p in places}
    assert (rows[-1].op, rows[-1].outcome, rows[-1].error) == ("hold", "fail", "sold_out")


def available(*seats: int) -> Reply:
    boxes = "".join(f'<input name="asiento" value="{seat}" data-estado="DISPONIBLE">' for seat in seats)
    return Reply(200, TOKEN + boxes.encode())


SOLD_OUT = Reply(200, TOKEN + b'<input name="asiento" value="1" data-estado="VENDIDO">')
TWO_EVENTS = [Place("EV001", "A"), Place("EV002", "B"), Place("EV002", "C")]


@pytest.mark.parametrize("hot_share", [0.0, 1.0])
def test_who_comes_for_an_event_looks_at_all_its_sectors_and_at_no_other(hot_share: float) -> None:
    rows = list[Operation]()
    seating = Seating(TWO_EVENTS, hot_share)
    for number in range(40):
        browser = ScriptedBrowser(available(1, 2, 3, 4), Reply(503))
        seating.hold(flow(browser, rows, "EV002", number))
    seen = {(r.evento, r.sector) for r in rows}
    assert seen == ({("EV002", "B")} if hot_share else {("EV002", "B"), ("EV002", "C")})
    seating.see_map(flow(ScriptedBrowser(available(1)), rows, "EV001"))
    assert rows[-1].evento == "EV001"


def test_holds_of_a_crowd_are_spread_over_the_free_seats() -> None:
    rows = list[Operation]()
    seating = Seating(TWO_EVENTS, hot_share=0)
    for number in range(200):
        seating.hold(flow(ScriptedBrowser(available(*range(250)), Reply(503)), rows, "EV002", number))
    wanted = [(r.sector, seat) for r in rows if r.op == "hold" for seat in r.asientos or ()]
    assert len(set(wanted)) > 0.6 * len(wanted)


def test_once_an_event_is_seen_sold_out_its_buyers_look_once_and_leave() -> None:
    rows = list[Operation]()
    seating = Seating(TWO_EVENTS, hot_share=0)
    assert seating.hold(flow(ScriptedBrowser(SOLD_OUT, SOLD_OUT), rows, "EV002")) is None
    last = ScriptedBrowser(SOLD_OUT)
    assert seating.hold(flow(last, rows, "EV002")) is None
    assert [(r.op, r.outcome, r.error) for r in rows] == [
        *[("seat_map", "ok", None)] * 2,
        ("hold", "fail", "sold_out"),
        ("seat_map", "ok", None),
        ("hold", "fail", "sold_out"),
    ]
    assert {r.evento for r in rows} == {"EV002"}


def test_refusal_that_shows_a_sold_out_map_sends_the_next_buyer_elsewhere() -> None:
    rows = list[Operation]()
    seating = Seating(TWO_EVENTS[1:], hot_share=0)
    gone = Reply(409, b'<main data-codigo="asiento_no_disponible">' + SOLD_OUT.body)
    assert seating.hold(flow(ScriptedBrowser(available(1), gone), rows, "EV002")) is None
    assert (rows[-1].outcome, rows[-1].error) == ("fail", "asiento_no_disponible")
    for number in range(10):
        seating.hold(flow(ScriptedBrowser(available(2), Reply(503)), rows, "EV002", number))
    assert rows[0].sector not in {r.sector for r in rows[2:]}


def test_ticket_and_pdf_rows_tell_the_store_they_were_read_from() -> None:
    shown = b'<article data-orden-id="o1" data-ticket-estado="ENVIADO">'
    pdf = Reply(200, b"%PDF-1.4", content_type="application/pdf", source="primario")
    discovery = [Reply(200, b'<a href="/eventos/EV001">'), Reply(200, b'<a href="/eventos/EV001/mapa?sector=A">')]
    buyer = ScriptedBrowser(available(1), Reply(303, location="/retenciones/r9"), Reply(200, CHECKOUT), BOUGHT, SHOWN)
    buyer.replies += [Reply(200, shown, source="replica"), Reply(200, shown, source="replica"), pdf, Reply(503)]
    shop, rows = TicketFlow(config(), ScriptedBrowser(*discovery)), list[Operation]()
    shop.play(flow(buyer, rows))
    for _ in range(2):
        shop.play(Flow(4, "my_tickets", 1000.0, 7, Clock(0), ScriptedBrowser(), rows.append))
    assert [(r.op, r.source) for r in rows] == [
        ("seat_map", None),
        ("hold", None),
        ("purchase", None),
        ("ticket_state", "replica"),
        ("ticket_state", "replica"),
        ("ticket_pdf", "primario"),
        ("ticket_state", None),
    ]


def test_surge_on_an_event_that_is_not_on_sale_is_refused() -> None:
    shop = [Reply(200, b'<a href="/eventos/EV001">'), Reply(200, b'<a href="/eventos/EV001/mapa?sector=A">')]
    with pytest.raises(LoadConfigError, match=r"surge\.event 'EV9' is not on sale; these are: EV001"):
        TicketFlow(config(surge=Surge(1, 1, 2, "EV9")), ScriptedBrowser(*shop))


def test_first_operation_is_intended_when_planned_and_later_ones_when_reached() -> None:
    rows = list[Operation]()
    a_flow = flow(ScriptedBrowser(), rows)
    for name in ("seat_map", "hold"):
        with a_flow.operation(name) as op:
            op.refuse("nothing")
    assert rows[0].t_intended == 1000.0
    assert rows[1].t_intended == rows[1].t_start


def test_broken_operation_leaves_an_unknown_row() -> None:
    rows = list[Operation]()
    with pytest.raises(KeyError), flow(ScriptedBrowser(), rows).operation("hold"):
        raise KeyError("a bug")
    assert (rows[0].outcome, rows[0].error) == ("unknown", "KeyError")


def test_orders_are_looked_at_in_turn_also_while_more_come() -> None:
    orders, browser = Orders(), ScriptedBrowser()
    assert orders.next() is None
    made = [Order(f"o{n}", browser, "EV001", "A", (n,)) for n in range(3)]
    orders.add(made[0])
    orders.add(made[1])
    assert orders.next() is made[0]
    orders.add(made[2])
    assert [orders.next(), orders.next(), orders.next()] == [made[1], made[2], made[0]]
    assert orders.next_issued() is None
    orders.saw_issued(made[2])
    orders.saw_issued(made[2])
    assert [orders.next_issued(), orders.next_issued()] == [made[2], made[2]]
