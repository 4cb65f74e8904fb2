"""Finding and holding seats: places on sale, their maps, the hold, and the second choice after a refusal.

A share of buyers all want the same "hot" seat for some seconds, whatever the map says, so that buyers really
race for a seat and the refusals are real. The others take any free seat of any sector, also those who all come
for one event (`Flow.event`): they race as its seats run out. Buyers who know of no sector with seats left look at
one map and leave, as people do; going on through sold-out maps would load the portal with nothing to sell.

Who came for a seat and was shown no map leaves a hold all the same, `unknown` and as old as the map. Else a service
that is away altogether would be asked for no seat, and its outage be seen by nobody.
"""

import time
from dataclasses import dataclass
from urllib.parse import quote

from tfbench.load import pages
from tfbench.load.browser import Browser, Reply
from tfbench.load.flow import Draft, Flow

HOT_SEAT_S = 5.0
MAPS_TRIED = 3
SOLD_OUT_FOR_S = 30.0  # expired holds bring seats back: look again after this
MAX_SEATS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A sector of an event."""

    evento: str
    sector: str

    @property
    def map_path(self) -> str:
        return f"/eventos/{self.evento}/mapa?sector={quote(self.sector)}"


@dataclass(frozen=True, slots=True)
class Held:
    """Seats held for a buyer who is now looking at the checkout form."""

    place: Place
    asientos: tuple[int, ...]
    retencion_id: str
    form: pages.Checkout


def discover(session: Browser) -> list[Place]:
    """Every sector of every event the portal shows; empty while it shows none."""
    catalogue = session.get("/", "discover")
    return [
        Place(evento, sector)
        for evento in pages.events(catalogue.body)
        for sector in pages.sectors(session.get(f"/eventos/{evento}", "discover").body)
    ]


class Seating:
    """The places on sale, as the buyers of this process have seen them."""

    def __init__(self, places: list[Place], hot_share: float) -> None:
        self._places = places
        self._hot_share = hot_share
        self._sold_out_until: dict[Place, float] = {}
        self._of_event: dict[str, list[Place]] = {}
        for place in places:
            self._of_event.setdefault(place.evento, []).append(place)

    @property
    def events(self) -> frozenset[str]:
        """The events on sale."""
        return frozenset(self._of_event)

    def see_map(self, flow: Flow) -> None:
        self._map(flow, flow.rng.choice(self._wanted(flow)))

    def hold(self, flow: Flow) -> Held | None:
        """See a map and hold one or two seats of it; None when the buyer leaves without."""
        is_hot = flow.rng.random() < self._hot_share
        wanted = self._wanted(flow)
        place = wanted[0] if is_hot else flow.rng.choice(self._open(wanted) or wanted)
        asked, seats = flow.now(), self._map(flow, place)
        for _ in range(MAPS_TRIED - 1):
            if seats is None or seats.available or is_hot or not (others := self._open(wanted)):
                break
            place = flow.rng.choice(others)
            asked, seats = flow.now(), self._map(flow, place)
        if seats is None:
            flow.happened("hold", Draft(error="no_seat_map"), asked, flow.now())
            return None
        chosen = _hot_seat(flow, seats) if is_hot else _some_seats(flow, seats)
        held, reply = self._try_hold(flow, place, seats, chosen)
        if held is None and reply.status == 409:  # someone was faster; the refusal shows the map again
            fresh = pages.seat_map(reply.body)
            if fresh is not None and self._note(place, fresh).available:
                held, _ = self._try_hold(flow, place, fresh, _some_seats(flow, fresh))
        return held

    def _wanted(self, flow: Flow) -> list[Place]:
        """Where this buyer would sit."""
        return self._places if flow.event is None else self._of_event[flow.event]

    def _open(self, places: list[Place]) -> list[Place]:
        """Those not seen sold out a moment ago."""
        now = time.monotonic()
        return [place for place in places if self._sold_out_until.get(place, 0) <= now]

    def _note(self, place: Place, seats: pages.SeatMap) -> pages.SeatMap:
        """Remember a place without seats for a while."""
        if not seats.available:
            self._sold_out_until[place] = time.monotonic() + SOLD_OUT_FOR_S
        return seats

    def _map(self, flow: Flow, place: Place) -> pages.SeatMap | None:
        with flow.operation("seat_map", evento=place.evento, sector=place.sector) as op:
            reply = flow.session.get(place.map_path, "seat_map")
            seats = pages.seat_map(reply.body)
            op.settle(reply, missing=None if seats else "no seat map on the page")
        return self._note(place, seats) if op.outcome == "ok" and seats is not None else None

    def _try_hold(
        self, flow: Flow, place: Place, seats: pages.SeatMap, asientos: tuple[int, ...]
    ) -> tuple[Held | None, Reply]:
        with flow.operation("hold", evento=place.evento, sector=place.sector, asientos=asientos) as op:
            if not asientos:
                op.refuse("sold_out")
                return None, Reply(0)
            fields = seats.hidden | {"evento": place.evento, "sector": place.sector}
            form = [*fields.items(), *(("asiento", str(seat)) for seat in asientos)]
            reply = flow.session.post("/retenciones", "hold", form)
            op.retencion_id = pages.hold_in(reply.location)
            if reply.location is None or op.retencion_id is None:
                op.settle(reply, expect=303, missing="no hold in the redirect")
                return None, reply
            page = flow.session.get(reply.location, "hold")
            checkout = pages.checkout(page.body)
            op.settle(page, missing=None if checkout else "no checkout form on the page", was_accepted=True)
        if op.outcome != "ok" or checkout is None:
            return None, page
        return Held(place, asientos, op.retencion_id, checkout), page


def _some_seats(flow: Flow, seats: pages.SeatMap) -> tuple[int, ...]:
    wanted = flow.rng.randint(1, MAX_SEATS)
    return tuple(sorted(flow.rng.sample(seats.available, min(wanted, len(seats.available)))))


def _hot_seat(flow: Flow, seats: pages.SeatMap) -> tuple[int, ...]:
    """The one seat that every hot buyer of these seconds wants, free or not."""
    turn = int(flow.t_intended / HOT_SEAT_S)
    return (seats.seats[turn % len(seats.seats)],)
