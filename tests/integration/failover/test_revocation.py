"""The orchestrator may be wrong about a dead leader. Revoking a healthy one's lease must lose nothing."""

import base64
import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import requests
from on_stack import wait_for
from tfbench.observer import leader_and_standby, primary_dsn
from tfbench.platforms.servers import HOST, Ports
from tfbench.platforms.stack import Stack

LEADER_KEY = "/db/tf/leader"
DEADLINE_S = 60.0
TIMEOUT_S = 10.0
BUYER = {"rut": "11111111-1", "nombre": "Ana Prueba", "correo": "ana@prueba.cl"}


class Buyer:
    """Buys one seat after the other, each under its own keys, as fast as the answers come."""

    def __init__(self, ports: Ports) -> None:
        self._address = f"http://{HOST}:{ports['app1-1'][8000]}/v1/retenciones"
        self._session = requests.Session()
        self._seats = self._free_seats(ports)
        self.acknowledged: list[tuple[float, str]] = []
        self.statuses: set[int] = set()

    def _free_seats(self, ports: Ports) -> Iterator[int]:
        with psycopg.connect(primary_dsn(ports)) as connection:
            rows = connection.execute(
                "SELECT asiento_id FROM reservas.evento_asiento WHERE evento_codigo = 'EV002' AND estado = 'DISPONIBLE'"
            ).fetchall()
        return iter([int(row[0]) for row in rows])

    def buy(self) -> None:
        hold = self._post("", {"evento": "EV002", "asientos": [next(self._seats)], "sesion": "revocacion"})
        if hold is not None:
            order = self._post(f"/{hold['retencion_id']}/confirmacion", {"comprador": BUYER})
            if order is not None:
                self.acknowledged.append((time.monotonic(), str(order["orden_id"])))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer once it is 201, asking again under the same key while the service says to."""
        key, end = str(uuid.uuid4()), time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            answer = self._session.post(
                self._address + path, json=body, headers={"Idempotency-Key": key}, timeout=TIMEOUT_S
            )
            self.statuses.add(answer.status_code)
            if answer.status_code == 201:
                return dict(answer.json())
            time.sleep(0.05)
        return None


@contextmanager
def buying(buyer: Buyer) -> Iterator[None]:
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            buyer.buy()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=2 * TIMEOUT_S)
    assert not thread.is_alive(), "the buyer never got an answer"


def revoke_leader(ports: Ports) -> None:
    """What the orchestrator does to a leader that it believes dead, through etcd's own API."""
    etcd = f"http://{HOST}:{ports['etcd1'][2379]}/v3"
    key = base64.b64encode(LEADER_KEY.encode()).decode()
    found = requests.post(f"{etcd}/kv/range", json={"key": key}, timeout=TIMEOUT_S).json()
    lease = found["kvs"][0]["lease"]
    requests.post(f"{etcd}/lease/revoke", json={"ID": lease}, timeout=TIMEOUT_S).raise_for_status()


def wait_for_purchases(buyer: Buyer, more: int) -> None:
    wanted = len(buyer.acknowledged) + more
    wait_for(f"{more} more purchases", lambda: len(buyer.acknowledged) >= wanted, DEADLINE_S)


def test_revoking_a_healthy_leader_loses_nothing(stack: Stack) -> None:
    ports = stack.ports()
    assert leader_and_standby(ports)[1], "a synchronous standby is there before the test"
    buyer = Buyer(ports)
    with buying(buyer):
        wait_for_purchases(buyer, 20)
        revoke_leader(ports)
        wait_for_purchases(buyer, 50)
    times = [t for t, _ in buyer.acknowledged]
    print(f"longest gap {max(b - a for a, b in itertools.pairwise(times)):.2f} s")  # a figure, not a promise
    assert 500 not in buyer.statuses
    with psycopg.connect(primary_dsn(ports)) as connection:
        stored = {str(row[0]) for row in connection.execute("SELECT id FROM reservas.orden").fetchall()}
    assert {order for _, order in buyer.acknowledged} <= stored
    stack.wait_healthy()
