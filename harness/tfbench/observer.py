"""Watches the system from outside while an experiment runs: queue, outbox, mails, the state of each service.

    thread, every 0.5 s:  broker API, PostgreSQL, mail sink, probes -> Observation -> journal, latest()

A value that could not be read is None, never 0. Watching is bounded: each reading has a deadline of its own.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import psycopg
import requests

from tfbench.clock import Clock
from tfbench.host import HostWatch
from tfbench.journal import Journal
from tfbench.platforms.probes import BROKER_AUTH, QUEUE
from tfbench.platforms.servers import (
    HOST,
    HTTP,
    SERVER_ERRORS,
    Ports,
    ask,
    leader_of,
    may_take_over,
    nodes,
    patroni_states,
)
from tfbench.platforms.stack import Stack, probe_all

T = TypeVar("T")

EVERY_S = 0.5
PROBE_EVERY_S = 1.0
LEADER_EVERY_S = 0.25
REPLICA_EVERY_S = 1.0
HOST_EVERY_S = 1.0
LEADER_TIMEOUT_S = 0.5
READ_TIMEOUT_S = 1.5
FRESH_S = 2.0
STOP_TIMEOUT_S = 5.0
DEAD_QUEUE = f"{QUEUE}.muertas"


@dataclass(frozen=True, slots=True)
class Observation:
    """One look. Counts are messages or rows; `services` says up or down by each service's own probe.

    `leader` and `sync_standby` are the PostgreSQL nodes that say so themselves; `replica_behind_s` is what MariaDB's
    replica says while it receives and applies.
    """

    t: float
    queue_ready: int | None = None
    queue_unacked: int | None = None
    consumers: int | None = None
    dead_letters: int | None = None
    outbox: int | None = None
    mails: int | None = None
    leader: str | None = None
    sync_standby: str | None = None
    services: dict[str, str] = field(default_factory=dict)
    replica_behind_s: int | None = None


class Observer:
    """Looks until told to stop. Use as a context manager."""

    def __init__(self, stack: Stack, journal: Journal, clock: Clock) -> None:
        self._stack, self._journal, self._clock = stack, journal, clock
        self._ports = stack.ports()
        self._latest = Observation(clock.now())
        self._stop = threading.Event()
        self._services: dict[str, str] = {}
        # A reading that can hang (a frozen server) has a thread of its own, and is None when it grows old.
        self._outbox: Reading[int] = Reading(clock)
        self._leader: Reading[tuple[str | None, str | None]] = Reading(clock)
        self._replica: Reading[int] = Reading(clock)
        looks = {
            "observer": (EVERY_S, self._look),
            "probes": (PROBE_EVERY_S, self._probe),
            "outbox": (EVERY_S, self._look_outbox),
            "leader": (LEADER_EVERY_S, self._look_leader),
            "replica": (REPLICA_EVERY_S, self._look_replica),
            "host": (HOST_EVERY_S, self._look_host),
        }
        self._threads = [
            threading.Thread(target=self._every, args=arguments, name=name, daemon=True)
            for name, arguments in looks.items()
        ]
        self._host = HostWatch()
        self._connection: psycopg.Connection[tuple[int]] | None = None

    def __enter__(self) -> "Observer":
        self._journal.record("queue", **queue_facts(self._ports))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=STOP_TIMEOUT_S)
        if self._connection is not None and not any(thread.is_alive() for thread in self._threads):
            self._connection.close()

    def latest(self) -> Observation:
        """The newest look."""
        return self._latest

    def _every(self, period_s: float, look: Callable[[], None]) -> None:
        while not self._stop.wait(period_s):
            look()

    def _probe(self) -> None:
        seen = probe_all(self._ports, sorted(self._ports))
        self._services = {service: "up" if health.ok else "down" for service, health in seen.items()}

    def _look(self) -> None:
        main, dead = self._queue(QUEUE), self._queue(DEAD_QUEUE)
        seen = Observation(
            self._clock.now(), main.get("messages_ready"), main.get("messages_unacknowledged"), main.get("consumers"),
            dead.get("messages"), self._outbox.fresh(), self._mails(), *(self._leader.fresh() or (None, None)),
            dict(self._services), self._replica.fresh(),
        )  # fmt: skip
        self._latest = seen
        self._journal.record(
            "observation", t=seen.t, queue_ready=seen.queue_ready, queue_unacked=seen.queue_unacked,
            consumers=seen.consumers, dead_letters=seen.dead_letters, outbox=seen.outbox, mails=seen.mails,
            leader=seen.leader, sync_standby=seen.sync_standby, replica_behind_s=seen.replica_behind_s,
            services=seen.services,
        )  # fmt: skip

    def _queue(self, name: str) -> dict[str, int]:
        try:
            answer = HTTP.get(_queue_url(self._ports, name), auth=BROKER_AUTH, timeout=READ_TIMEOUT_S)
            return dict(answer.json()) if answer.ok else {}
        except (requests.RequestException, ValueError):
            return {}

    def _mails(self) -> int | None:
        try:
            address = f"http://{HOST}:{self._ports['correo'][8000]}/mensajes?desde=0&limite=1"
            return int(HTTP.get(address, timeout=READ_TIMEOUT_S).json()["total"])
        except (requests.RequestException, ValueError, KeyError):
            return None

    def _look_outbox(self) -> None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    primary_dsn(self._ports),
                    autocommit=True,
                    options=f"-c statement_timeout={int(READ_TIMEOUT_S * 1000)}",
                )
            row = self._connection.execute(
                "SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NULL"
            ).fetchone()
            self._outbox.set(int(row[0]) if row else None)
        except psycopg.Error:
            self._connection = None

    def _look_host(self) -> None:
        load = self._host.look()
        if load is not None:
            self._journal.record("host", busy=load.busy, steal=load.steal, foreign=load.foreign)

    def _look_leader(self) -> None:
        self._leader.set(leader_and_standby(self._ports))

    def _look_replica(self) -> None:
        self._replica.set(replica_behind_s(self._ports))


class Reading(Generic[T]):
    """The last value read, for as long as it is fresh."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._value: tuple[float, T | None] = (0.0, None)

    def set(self, value: T | None) -> None:
        self._value = (self._clock.now(), value)

    def fresh(self) -> T | None:
        """The value, or None when it is older than FRESH_S."""
        t, value = self._value
        return value if self._clock.now() - t <= FRESH_S else None


def leader_and_standby(ports: Ports) -> tuple[str | None, str | None]:
    """The PostgreSQL node that leads, and the first that says it may take over from it."""
    states = patroni_states(ports, LEADER_TIMEOUT_S)
    leader = leader_of(states)
    standby = next((node for node, state in states.items() if may_take_over(state)), None)
    return leader, standby if leader else None


def replica_behind_s(ports: Ports) -> int | None:
    """How far MariaDB's replica is behind; None unless one both receives and applies."""
    # The last of them is the replica in TicketFlow: the others are asked only when it does not answer.
    for node in reversed(nodes("mariadb", ports)):
        try:
            rows = ask("mariadb", node, ports, "SHOW SLAVE STATUS")
        except SERVER_ERRORS:
            continue
        for row in rows:
            behind = row["Seconds_Behind_Master"]  # null in other cases too, such as while it connects
            is_running = row["Slave_IO_Running"] == row["Slave_SQL_Running"] == "Yes"
            return int(behind) if is_running and behind is not None else None
    return None


def primary_dsn(ports: Ports) -> str:
    """A connection string to whichever PostgreSQL node is primary, for reading what the system stored."""
    servers = nodes("postgres", ports)
    hosts, numbers = ",".join(HOST for _ in servers), ",".join(str(ports[node][5432]) for node in servers)
    return (
        f"host={hosts} port={numbers} dbname=ticketflow user=postgres password=pg "
        "target_session_attrs=read-write connect_timeout=2"
    )


def queue_facts(ports: Ports) -> dict[str, Any]:
    """What the broker itself says the queue is; empty facts when it does not answer."""
    try:
        facts = HTTP.get(_queue_url(ports, QUEUE), auth=BROKER_AUTH, timeout=READ_TIMEOUT_S).json()
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
