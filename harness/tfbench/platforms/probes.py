"""Health of each TicketFlow service, seen from outside through its published port, within a deadline.

A probe asks what the service is for: a portal that shows the catalogue, a replica that replicates, a queue that exists.
"""

from collections.abc import Callable
from dataclasses import dataclass

import requests

from tfbench.platforms.servers import (
    HOST,
    HTTP,
    PATRONI_PORT,
    PORT,
    SERVER_ERRORS,
    Ports,
    leads,
    mariadb,
    may_take_over,
    patroni,
)

PROBE_TIMEOUT_S = 2.0
QUEUE = "emision.ordenes"
BROKER_AUTH = ("ticketflow", "ticketflow")


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a service does its job, and what was seen."""

    ok: bool
    detail: str


def probe(service: str, ports: Ports) -> Health:
    """Probe one service; anything that goes wrong is `ok=False` with what was seen."""
    kind = service.rstrip("0123456789").rstrip("-")
    check = _CHECKS.get(kind, _ready)
    try:
        return check(ports[service])
    except (*SERVER_ERRORS, requests.RequestException) as error:
        return Health(False, f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}")


def _ready(ports: dict[int, int]) -> Health:
    answer = HTTP.get(f"http://{HOST}:{ports[8000]}/salud/lista", timeout=PROBE_TIMEOUT_S)
    return Health(answer.ok, f"GET /salud/lista {answer.status_code} {answer.text[:200] if not answer.ok else ''}")


def _haproxy(ports: dict[int, int]) -> Health:
    answer = HTTP.get(f"http://{HOST}:{ports[8080]}/", timeout=PROBE_TIMEOUT_S)
    shown = answer.ok and "/eventos/" in answer.text
    return Health(shown, f"GET / {answer.status_code}{'' if shown else ' without events'}")


def _postgres(ports: dict[int, int]) -> Health:
    state = patroni(ports[PATRONI_PORT], PROBE_TIMEOUT_S)
    doing = state.get("replication_state", state.get("state"))
    if leads(state):
        return Health(doing == "running", f"{state['role']}, {doing}")
    synchronous = may_take_over(state)
    return Health(
        synchronous and doing == "streaming", f"{'' if synchronous else 'not a '}synchronous standby, {doing}"
    )


def _etcd(ports: dict[int, int]) -> Health:
    answer = HTTP.get(f"http://{HOST}:{ports[2379]}/health", timeout=PROBE_TIMEOUT_S)
    return Health(answer.ok and answer.json().get("health") == "true", answer.text[:100])


def _mariadb(ports: dict[int, int]) -> Health:
    with mariadb(ports[PORT["mariadb"]]) as cursor:
        cursor.execute("SELECT @@read_only AS read_only")
        row = cursor.fetchone()
        if not row or not row["read_only"]:
            return Health(True, "primary")
        cursor.execute("SHOW SLAVE STATUS")
        status = cursor.fetchone() or {}
    threads = [str(status.get(name)) for name in ("Slave_IO_Running", "Slave_SQL_Running")]
    return Health(threads == ["Yes", "Yes"], f"replica, IO {threads[0]}, SQL {threads[1]}")


def _rabbitmq(ports: dict[int, int]) -> Health:
    address = f"http://{HOST}:{ports[15672]}/api/queues/%2F/{QUEUE}"
    answer = HTTP.get(address, auth=BROKER_AUTH, timeout=PROBE_TIMEOUT_S)
    return Health(answer.ok, f"queue {QUEUE}: {answer.status_code}")


def _toxiproxy(ports: dict[int, int]) -> Health:
    """Toxiproxy answers, and each of its proxies is on; a toxic in one is no illness of its own."""
    proxies = HTTP.get(f"http://{HOST}:{ports[8474]}/proxies", timeout=PROBE_TIMEOUT_S).json()
    off = [name for name, proxy in proxies.items() if not proxy["enabled"]]
    return Health(not off, f"off: {', '.join(off)}" if off else f"{len(proxies)} proxies")


_CHECKS: dict[str, Callable[[dict[int, int]], Health]] = {
    "haproxy": _haproxy,
    "postgres": _postgres,
    "etcd": _etcd,
    "mariadb": _mariadb,
    "rabbitmq": _rabbitmq,
    "toxiproxy": _toxiproxy,
}
