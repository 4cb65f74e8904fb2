"""A portal small enough to freeze: real HTTP, cookies, seats and orders in memory, the real portal's markers.

    python fake_portal.py [--issue-after S] [--busy-every N]     prints its port, serves until killed

`--issue-after`: a ticket is EMITIDO that many seconds after the purchase. `--busy-every`: the first purchase
of every N-th hold is carried out and answered 503 with Retry-After, so that its buyer has to press again.
"""

import argparse
import itertools
import re
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote_plus, urlsplit

EVENTS = {"EV001": ["Platea Alta", "Cancha & Galería"], "EV002": ["Único"]}
SEATS_PER_SECTOR = 250
PDF = b"%PDF-1.4 a ticket"
SOURCE = {"X-Fuente": "primario"}


class Shop:
    """What the portal remembers; one lock is enough here."""

    def __init__(self, issue_after_s: float, busy_every: int) -> None:
        self.lock = threading.Lock()
        self.issue_after_s = issue_after_s
        self.busy_every = busy_every
        sectors = [(event, sector) for event, names in EVENTS.items() for sector in names]
        self.seats = {
            place: {n * 1000 + i: "DISPONIBLE" for i in range(SEATS_PER_SECTOR)}
            for n, place in enumerate(sectors, start=1)
        }
        self.holds: dict[str, tuple[tuple[str, str], list[int]]] = {}
        self.orders: dict[str, float] = {}
        self.order_of_key: dict[str, str] = {}
        self.hold_count = itertools.count(1)
        self.busy_holds: set[str] = set()

    def hold(self, place: tuple[str, str], wanted: list[int]) -> str | None:
        with self.lock:
            seats = self.seats[place]
            if any(seats[seat] != "DISPONIBLE" for seat in wanted):
                return None
            seats.update(dict.fromkeys(wanted, "RETENIDO"))
            hold_id = str(uuid.uuid4())
            self.holds[hold_id] = (place, wanted)
            if self.busy_every and next(self.hold_count) % self.busy_every == 0:
                self.busy_holds.add(hold_id)
            return hold_id

    def set_seats(self, hold_id: str, state: str) -> None:
        with self.lock:
            place, wanted = self.holds[hold_id]
            self.seats[place].update(dict.fromkeys(wanted, state))

    def buy(self, hold_id: str, key: str) -> str | None:
        """The order; None when this press must be answered 503, though the order is made."""
        with self.lock:
            if key not in self.order_of_key:
                place, wanted = self.holds[hold_id]
                self.seats[place].update(dict.fromkeys(wanted, "VENDIDO"))
                self.order_of_key[key] = str(uuid.uuid4())
                self.orders[self.order_of_key[key]] = time.monotonic()
            if hold_id in self.busy_holds:
                self.busy_holds.discard(hold_id)
                return None
            return self.order_of_key[key]

    def state(self, order: str) -> str:
        return "EMITIDO" if time.monotonic() - self.orders[order] >= self.issue_after_s else "EN_PROCESO"


class Portal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer: headers and body in two would wait for each other
    shop: Shop

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            links = "".join(f'<a href="/eventos/{code}">{code}</a>' for code in EVENTS)
            self.page(200, links)
        elif found := re.fullmatch(r"/eventos/(\w+)", url.path):
            sectors = EVENTS[found[1]]
            base = f"/eventos/{found[1]}/mapa?sector="
            self.page(200, "".join(f'<a href="{base}{quote_plus(name)}">x</a>' for name in sectors))
        elif found := re.fullmatch(r"/eventos/(\w+)/mapa", url.path):
            self.page(200, self.map((found[1], parse_qs(url.query)["sector"][0])))
        elif found := re.fullmatch(r"/retenciones/([\w-]+)", url.path):
            key = uuid.uuid5(uuid.NAMESPACE_OID, found[1]).hex
            self.page(200, self.hidden(csrf_token="t", retencion_id=found[1], clave=key))
        elif found := re.fullmatch(r"/mis-entradas/([\w-]+)", url.path):
            self.order_page(found[1], is_new="nueva" in url.query)
        elif found := re.fullmatch(r"/mis-entradas/([\w-]+)/entrada.pdf", url.path):
            self.answer(200, PDF, "application/pdf", SOURCE)
        elif found := re.fullmatch(r"/mis-entradas/([\w-]+)/boleta", url.path):
            self.page(200, '<p class="folio">N.º <b>17</b></p>')
        else:
            self.page(404, '<main data-codigo="no_existe"></main>')

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        path = urlsplit(self.path).path
        if form["csrf_token"] != ["t"] or "sid=" not in self.headers.get("Cookie", ""):
            self.page(400, '<main data-codigo="csrf"></main>')
        elif path == "/retenciones":
            place = (form["evento"][0], form["sector"][0])
            hold_id = self.shop.hold(place, [int(seat) for seat in form["asiento"]])
            if hold_id is None:
                self.page(409, '<main data-codigo="asiento_no_disponible">' + self.map(place))
            else:
                self.redirect(f"/retenciones/{hold_id}")
        elif path == "/compras":
            order = self.shop.buy(form["retencion_id"][0], form["clave"][0])
            if order is None:
                self.page(503, '<main data-codigo="resultado_desconocido"></main>', {"Retry-After": "1"})
            else:
                self.redirect(f"/mis-entradas/{order}?nueva=1")
        elif found := re.fullmatch(r"/retenciones/([\w-]+)/liberar", path):
            self.shop.set_seats(found[1], "DISPONIBLE")
            self.redirect("/eventos/EV001")

    def order_page(self, order: str, *, is_new: bool) -> None:
        title = "Compra Exitosa" if is_new else "Tu entrada"
        state = self.shop.state(order)
        self.page(
            200, f'<h1>{title}</h1><article data-orden-id="{order}" data-ticket-estado="{state}"></article>', SOURCE
        )

    def map(self, place: tuple[str, str]) -> str:
        with self.shop.lock:
            seats = list(self.shop.seats[place].items())
        boxes = (f'<input type="checkbox" name="asiento" value="{n}" data-estado="{state}">' for n, state in seats)
        return self.hidden(csrf_token="t", clave=uuid.uuid4().hex) + "\n".join(boxes)

    def hidden(self, **fields: str) -> str:
        return "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())

    def page(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.answer(status, f"<html>{text}</html>".encode(), "text/html; charset=utf-8", headers or {})

    def redirect(self, location: str) -> None:
        self.answer(303, b"", "text/html", {"Location": location})

    def answer(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if "Cookie" not in self.headers:
            self.send_header("Set-Cookie", f"sid={uuid.uuid4().hex}; HttpOnly; Path=/")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024  # a frozen portal's callers wait in the backlog, they are not refused
    daemon_threads = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issue-after", type=float, default=0.5)
    parser.add_argument("--busy-every", type=int, default=0)
    arguments = parser.parse_args()
    Portal.shop = Shop(arguments.issue_after, arguments.busy_every)
    server = Server(("127.0.0.1", 0), Portal)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
