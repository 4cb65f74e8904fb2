"""Watches the system from outside while an experiment runs: queue, outbox, mails, the state of each service.

    thread, every 0.5 s:  broker API, PostgreSQL, mail sink, probes -> Observation -> journal, latest()

A value that could not be read is None, never 0. Watching is bounded: each reading has a deadline of its own.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests

from tfbench.clock import Clock
from tfbench.journal import Journal
from tfbench.platforms.probes import BROKER_AUTH, HOST, QUEUE, Ports, probe
from tfbench.platforms.stack import Stack

EVERY_S = 0.5
PROBE_EVERY_S = 1.0
READ_TIMEOUT_S = 1.5
DEAD_QUEUE = f"{QUEUE}.muertas"


@dataclass(frozen=True, slots=True)
class Observation:
    """One look. Counts are messages or rows; `services` says up or down by each service's own probe."""

    t: float
    queue_ready: int | None = None
    queue_unacked: int | None = None
    consumers: int | None = None
    dead_letters: int | None = None
    outbox: int | None = None
    mails: int | None = None
    services: dict[str, str] = field(default_factory=dict)


class Observer:
    """Looks until told to stop. Use as a context manager."""

    def __init__(self, stack: Stack, journal: Journal, clock: Clock) -> None:
        self._stack, self._journal, self._clock = stack, journal, clock
        self._ports = stack.ports()
        self._latest = Observation(clock.now())
        self._stop = threading.Event()
        self._services: dict[str, str] = {}
        self._threads = [
            threading.Thread(target=self._every, args=(EVERY_S, self._look), name="observer", daemon=True),
            threading.Thread(target=self._every, args=(PROBE_EVERY_S, self._probe), name="probes", daemon=True),
        ]
        self._outbox: psycopg.Connection[tuple[int]] | None = None
        self._session = requests.Session()

    def __enter__(self) -> "Observer":
        self._journal.record("queue", **queue_facts(self._ports))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def latest(self) -> Observation:
        """The newest look."""
        return self._latest

    def _every(self, period_s: float, look: Callable[[], None]) -> None:
        while not self._stop.wait(period_s):
            look()

    def _probe(self) -> None:
        services = sorted(self._ports)
        with ThreadPoolExecutor(len(services)) as pool:
            seen = pool.map(lambda service: probe(service, self._ports), services)
            self._services = {
                service: "up" if health.ok else "down" for service, health in zip(services, seen, strict=True)
            }

    def _look(self) -> None:
        main, dead = self._queue(QUEUE), self._queue(DEAD_QUEUE)
        seen = Observation(
            self._clock.now(), main.get("messages_ready"), main.get("messages_unacknowledged"), main.get("consumers"),
            dead.get("messages"), self._unconfirmed(), self._mails(), dict(self._services),
        )  # fmt: skip
        self._latest = seen
        self._journal.record(
            "observation", t=seen.t, queue_ready=seen.queue_ready, queue_unacked=seen.queue_unacked,
            consumers=seen.consumers, dead_letters=seen.dead_letters, outbox=seen.outbox, mails=seen.mails,
            services=seen.services,
        )  # fmt: skip

    def _queue(self, name: str) -> dict[str, int]:
        try:
            answer = self._session.get(_queue_url(self._ports, name), auth=BROKER_AUTH, timeout=READ_TIMEOUT_S)
            return dict(answer.json()) if answer.ok else {}
        except (requests.RequestException, ValueError):
            return {}

    def _mails(self) -> int | None:
        try:
            address = f"http://{HOST}:{self._ports['correo'][8000]}/mensajes?desde=0&limite=1"
            return int(self._session.get(address, timeout=READ_TIMEOUT_S).json()["total"])
        except (requests.RequestException, ValueError, KeyError):
            return None

    def _unconfirmed(self) -> int | None:
        try:
            if self._outbox is None or self._outbox.closed:
                self._outbox = psycopg.connect(
                    primary_dsn(self._ports),
                    autocommit=True,
                    options=f"-c statement_timeout={int(READ_TIMEOUT_S * 1000)}",
                )
            row = self._outbox.execute(
                "SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NULL"
            ).fetchone()
            return int(row[0]) if row else None
        except psycopg.Error:
            self._outbox = None
            return None


def primary_dsn(ports: Ports) -> str:
    """A connection string to whichever PostgreSQL node is primary, for reading what the system stored."""
    nodes = sorted(service for service in ports if service.startswith("postgres"))
    hosts, numbers = ",".join(HOST for _ in nodes), ",".join(str(ports[node][5432]) for node in nodes)
    return (
        f"host={hosts} port={numbers} dbname=ticketflow user=postgres password=pg "
        "target_session_attrs=read-write connect_timeout=2"
    )


def queue_facts(ports: Ports) -> dict[str, Any]:
    """What the broker itself says the queue is; empty facts when it does not answer."""
    try:
        facts = requests.get(_queue_url(ports, QUEUE), auth=BROKER_AUTH, timeout=READ_TIMEOUT_S).json()
    except (requests.RequestException, ValueError):
        facts = {}
    return {
        "name": QUEUE,
        "type": facts.get("type"),
        "durable": facts.get("durable"),
        "arguments": facts.get("arguments", {}),
    }


def _queue_url(ports: Ports, name: str) -> str:
    return f"http://{HOST}:{ports['rabbitmq'][15672]}/api/queues/%2F/{name}"
