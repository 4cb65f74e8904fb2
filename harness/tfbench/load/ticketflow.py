"""TicketFlow's buyers: what each kind of arrival does on the portal.

    catalogue    the catalogue
    seat_map     the map of a random sector
    hold         map -> hold -> release, or walk away
    purchase     map -> hold -> think -> buy (again while the shop does not answer) -> look at the ticket
    my_tickets   an earlier buyer looks at an order, and downloads the PDF once it is issued
    boleta       an earlier buyer of an issued order reads its boleta

Events and sectors are read from the portal at the start. An arrival that finds nothing to do (no order yet,
no seat left) is recorded as a failure that says so, never left out.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import gevent

from tfbench.load import pages
from tfbench.load.browser import Browser, Reply
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.load.flow import Draft, Flow
from tfbench.load.orders import Order, Orders
from tfbench.load.people import person
from tfbench.load.purchase import buy
from tfbench.load.seating import Place, Seating, discover

TICKET_LOOK_S = 1.0  # how long after buying a buyer looks at the ticket


class TicketFlow:
    """The workload `ticketflow`: one for a load process, shared by its flows."""

    first_operations: ClassVar[Mapping[str, str]] = {
        "catalogue": "catalogue",
        "seat_map": "seat_map",
        "hold": "seat_map",
        "purchase": "seat_map",
        "my_tickets": "ticket_state",
        "boleta": "boleta",
    }

    def __init__(self, config: LoadConfig, session: Browser) -> None:
        """Learn the events and sectors on sale through `session`, waiting for the portal if need be."""
        self._config = config
        self._seating = Seating(_wait_for_places(config, session), config.hot_share)
        if config.surge is not None and config.surge.event not in self._seating.events:
            known = ", ".join(sorted(self._seating.events))
            raise LoadConfigError(f"surge.event {config.surge.event!r} is not on sale; these are: {known}")
        self._orders = Orders()
        self._plays: dict[str, Callable[[Flow], None]] = {
            "catalogue": self._see_catalogue,
            "seat_map": self._seating.see_map,
            "hold": self._hold_and_leave,
            "purchase": self._purchase,
            "my_tickets": self._look_at_ticket,
            "boleta": self._look_at_boleta,
        }

    def play(self, flow: Flow) -> None:
        """Be the buyer of this arrival, to the end."""
        self._plays[flow.kind](flow)

    def _see_catalogue(self, flow: Flow) -> None:
        with flow.operation("catalogue") as op:
            reply = flow.session.get("/", "catalogue")
            op.settle(reply, missing=None if pages.events(reply.body) else "no events on the page")

    def _hold_and_leave(self, flow: Flow) -> None:
        held = self._seating.hold(flow)
        if held is None or flow.rng.random() < self._config.abandon_share:
            return
        flow.pause(self._config.think_s)
        with flow.operation(
            "release", evento=held.place.evento, sector=held.place.sector, asientos=held.asientos
        ) as op:
            op.retencion_id = held.retencion_id
            form = [("csrf_token", held.form.csrf_token)]
            op.settle(flow.session.post(f"/retenciones/{held.retencion_id}/liberar", "release", form), expect=303)

    def _purchase(self, flow: Flow) -> None:
        held = self._seating.hold(flow)
        if held is None:
            return
        flow.pause(self._config.think_s)
        with flow.operation(
            "purchase", evento=held.place.evento, sector=held.place.sector, asientos=held.asientos
        ) as op:
            buy(flow.session, op, held.retencion_id, held.form, person(flow.number))
        if op.orden_id is not None:
            order = Order(op.orden_id, flow.session, held.place.evento, held.place.sector, held.asientos)
            self._orders.add(order)
            flow.pause(TICKET_LOOK_S)
            self._ticket_state(flow, order)

    def _look_at_ticket(self, flow: Flow) -> None:
        order = self._orders.next()
        if order is None:
            _nothing_to_do(flow, "ticket_state", "no_order")
        elif self._ticket_state(flow, order) in pages.ISSUED_STATES:
            with _about(flow, "ticket_pdf", order) as op:
                reply = order.session.get(f"/mis-entradas/{order.orden_id}/entrada.pdf", "ticket_pdf")
                op.source = reply.source
                op.settle(reply, missing=None if _is_pdf(reply) else "not a PDF")

    def _look_at_boleta(self, flow: Flow) -> None:
        order = self._orders.next_issued()
        if order is None:
            _nothing_to_do(flow, "boleta", "no_issued_order")
            return
        with _about(flow, "boleta", order) as op:
            reply = order.session.get(f"/mis-entradas/{order.orden_id}/boleta", "boleta")
            op.settle(reply, missing=None if pages.folio(reply.body) is not None else "no folio on the page")

    def _ticket_state(self, flow: Flow, order: Order) -> str | None:
        with _about(flow, "ticket_state", order) as op:
            reply = order.session.get(f"/mis-entradas/{order.orden_id}", "ticket_state")
            op.ticket_state = pages.ticket_state(reply.body, order.orden_id)
            op.source = reply.source
            op.settle(reply, missing=None if op.ticket_state else "order not on the page")
        if op.outcome == "ok" and op.ticket_state in pages.ISSUED_STATES:
            self._orders.saw_issued(order)
        return op.ticket_state


@contextmanager
def _about(flow: Flow, name: str, order: Order) -> Iterator[Draft]:
    """An operation on an order already made."""
    with flow.operation(name, evento=order.evento, sector=order.sector, asientos=order.asientos) as op:
        op.orden_id = order.orden_id
        yield op


def _nothing_to_do(flow: Flow, name: str, why: str) -> None:
    with flow.operation(name) as op:
        op.refuse(why)


def _is_pdf(reply: Reply) -> bool:
    return reply.content_type.startswith("application/pdf") and reply.body.startswith(b"%PDF")


def _wait_for_places(config: LoadConfig, session: Browser) -> list[Place]:
    deadline = time.monotonic() + config.ready_timeout_s
    while not (places := discover(session)):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{config.base_url} showed no event with sectors in {config.ready_timeout_s:g} s")
        gevent.sleep(0.5)
    return places
